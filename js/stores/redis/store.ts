import { checkSeconds } from '../../seconds.ts';
import type { AuthEvent } from '../../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../../store.ts';
import { readAnswer, verbArguments } from './answer.ts';
import { type Connection, type RedisClient, connectionOf } from './client.ts';
import { MEMORY_SCRIPT, RECORD_SCRIPT } from './script.ts';
import { Subscriptions } from './subscriptions.ts';
import { Watches } from './watches.ts';

/** How `redisStore` is set up, with defaults filled in. */
export interface RedisRecordsOptions {
  readonly client: RedisClient;
  readonly prefix: string;
  /** Seconds. */
  readonly maxAge: number;
  /** Seconds. */
  readonly timeout: number;
  readonly fallback?: 'memory';
  /** Fixes the time of the rules, for tests. `undefined`: the server's. */
  readonly now?: () => number | undefined;
}

/** Records in Redis: one hash per session, one script call per verb. */
export class RedisRecords implements Store {
  readonly fallback: 'memory' | undefined;
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #now: () => number | undefined;
  readonly #subscriptions: Subscriptions;
  readonly #watches: Watches;
  #sha1: Promise<string> | undefined;
  /** The first call, which brings the script to the server. */
  #loading: Promise<unknown> | undefined;
  #maxAgeMs: number;
  #onEvent: ((event: AuthEvent) => void) | undefined;
  #policyChecked = false;

  constructor(options: RedisRecordsOptions) {
    this.fallback = options.fallback;
    this.#connection = connectionOf(options.client);
    this.#prefix = options.prefix;
    this.#timeoutMs = options.timeout * 1000;
    this.#maxAgeMs = Math.ceil(options.maxAge * 1000);
    this.#now = options.now ?? (() => undefined);
    this.#subscriptions = new Subscriptions(this.#connection, this.#timeoutMs);
    this.#watches = new Watches(this.#subscriptions);
  }

  validate(): void {
    checkSeconds('maxAge of redisStore', this.#maxAgeMs / 1000, { positive: true });
    checkSeconds('timeout of redisStore', this.#timeoutMs / 1000, { positive: true });
  }

  attach({ maxAge, onEvent }: { maxAge: number; onEvent: (event: AuthEvent) => void }): void {
    // A record that went before its cookie would let an old refresh token be sent.
    this.#maxAgeMs = Math.max(this.#maxAgeMs, Math.ceil(maxAge * 1000));
    this.#onEvent = onEvent;
  }

  async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    const key = this.#prefix + sessionId;
    void this.#checkPolicy(key);
    const now = this.#now();
    const common = [`${this.#maxAgeMs}`, key, now === undefined ? '' : `${now}`];
    return readAnswer(await this.#bounded(this.#run(key, [...common, ...verbArguments(verb)])));
  }

  wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    const name = `${sessionId} ${look.generation} ${look.drain}`;
    const ask = () => this.perform(sessionId, { verb: 'look', ...look });
    return this.#watches.wait(name, this.#prefix + sessionId, ask, signal);
  }

  close(): void {
    this.#subscriptions.close();
  }

  async #run(key: string, args: string[]): Promise<unknown> {
    this.#sha1 ??= sha1(RECORD_SCRIPT);
    const hash = await this.#sha1;
    if (!this.#loading) return (this.#loading = this.#connection.eval(RECORD_SCRIPT, key, args));
    // The first burst after a start would otherwise send the script with every request.
    await this.#loading.catch(() => {});
    try {
      return await this.#connection.evalSha(hash, key, args);
    } catch (error) {
      // A server that was restarted has forgotten the script; in a cluster each has to be told.
      if (!String(error).includes('NOSCRIPT')) throw error;
      return this.#connection.eval(RECORD_SCRIPT, key, args);
    }
  }

  #bounded<T>(command: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`Redis did not answer within ${this.#timeoutMs} ms`);
      // Timers come before I/O: after a long computation the answer may be there but not yet read.
      const expire = () => (timer = setTimeout(() => reject(error), 1));
      timer = setTimeout(expire, this.#timeoutMs);
    });
    return Promise.race([command, late]).finally(() => clearTimeout(timer));
  }

  async #checkPolicy(key: string): Promise<void> {
    if (this.#policyChecked) return;
    this.#policyChecked = true;
    try {
      const info = String(await this.#bounded(this.#connection.eval(MEMORY_SCRIPT, key, [])));
      const value = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
      if (value !== 'noeviction') this.#warn(value);
    } catch {
      // Refused: nothing is known. Not answered: the verb says so.
    }
  }

  #warn(value: string): void {
    const message =
      `tokenkeep: this Redis has maxmemory-policy ${value} and may evict records of living sessions, ` +
      'which signs users out. Set it to noeviction.';
    console.warn(message);
    this.#onEvent?.({ type: 'storeMisconfigured', setting: 'maxmemory-policy', value, message });
  }
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
