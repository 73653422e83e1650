import { Core } from '../../core.ts';
import type { RecordValue } from '../../process-state.ts';
import type { StoreAnswer, StoreVerb } from '../../store.ts';
import type { WebRequest, WebResponse } from '../../web.ts';
import type { RecordContext, RecordStorage } from './platform.ts';

const KEY = 'record';
/** The alarm's clock may be ahead of ours: one that rings too early would ring again and again. */
const SLACK_MS = 1000;
/** After these verbs a `look` may find something else. A lease that runs out is noticed by a timer. */
const ENDS_WAITING = new Set<StoreVerb['verb']>(['publish', 'fail', 'end']);

/** What the store asks an object, as JSON. The answer is a `StoreAnswer`, as JSON. */
export interface Question {
  readonly verb: StoreVerb;
  /** For how long the record lives from now, if the verb touches it. */
  readonly maxAgeMs: number;
  /** For how long a `look` that finds the lease held may wait for something else. */
  readonly holdMs: number;
}

interface StoredRecord {
  readonly record: RecordValue;
  /** Epoch milliseconds. */
  readonly until: number;
}

/**
 * One session's record, in a Durable Object of its own. Export it from the Worker's main module and bind it.
 *
 * It applies the core's rules to what it has stored, and nothing can come between reading and writing: both
 * are synchronous. It reads no binding and needs no secret; tokens are sealed before they get here.
 */
export class TokenkeepRecord {
  /** How Cloudflare's types recognise the classes that a namespace can have. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  readonly #storage: RecordStorage;
  readonly #core = new Core({}, () => {});
  /** The requests that are waiting here. All requests of one object share one context: each may wake another. */
  readonly #waiting = new Set<() => void>();

  /** Called by the runtime. */
  constructor(context: RecordContext) {
    this.#storage = context.storage;
  }

  /** Answers one question of the store. */
  async fetch(request: WebRequest): Promise<WebResponse> {
    const { verb, maxAgeMs, holdMs } = (await (request as Request).json()) as Question;
    const now = Date.now();
    const answer = verb.verb === 'look' ? await this.#hold(verb, now + holdMs) : await this.#perform(verb, now, maxAgeMs);
    return Response.json(answer);
  }

  /** Called by the runtime when the record may have outlived its time. */
  async alarm(): Promise<void> {
    const stored = this.#live(Date.now());
    if (stored) return this.#storage.setAlarm(stored.until + SLACK_MS);
    // Begun at once: a record that is made in the meantime comes after both.
    await Promise.all([this.#storage.deleteAlarm(), this.#storage.deleteAll()]);
  }

  async #perform(verb: StoreVerb, now: number, maxAgeMs: number): Promise<StoreAnswer> {
    const known = this.#live(now);
    const [record, answer] = this.#core.applyVerb(known?.record, undefined, verb, now);
    if (!(maxAgeMs > 0)) throw new Error('a record must be kept for some time');
    // A manager with a shorter `maxAge` must not take it from the cookies of another one.
    const until = Math.max(known?.until ?? 0, now + maxAgeMs);
    if (record) this.#storage.kv.put(KEY, { record, until } satisfies StoredRecord);
    if (ENDS_WAITING.has(verb.verb)) for (const wake of this.#waiting) wake();
    // Once for a record: the alarm sets itself again while the record lives.
    if (record && !known) await this.#storage.setAlarm(until + SLACK_MS);
    return answer;
  }

  /** Looks until it is not `held` any more, or until `giveUpAt`. */
  async #hold(look: StoreVerb, giveUpAt: number): Promise<StoreAnswer> {
    for (;;) {
      const now = Date.now();
      const [, answer] = this.#core.applyVerb(this.#live(now)?.record, undefined, look, now);
      const left = giveUpAt - now;
      if (answer.answer !== 'held' || left <= 0) return answer;
      await this.#changed(Math.min(answer.leaseMs + 1, left));
    }
  }

  /** Resolves when the record may have changed for somebody who waits, or after `ms`. */
  #changed(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    });
  }

  /** What is stored, unless it has outlived its time. */
  #live(now: number): StoredRecord | undefined {
    const stored = this.#storage.kv.get(KEY) as StoredRecord | undefined;
    return stored && stored.until >= now ? stored : undefined;
  }
}
