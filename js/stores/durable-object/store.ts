import { checkSeconds } from '../../seconds.ts';
import type { AuthEvent } from '../../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../../store.ts';
import type { RecordNamespace } from './platform.ts';
import type { Question } from './record.ts';

/** Where an object is reached; nothing but its binding leads there. */
const ADDRESS = 'http://tokenkeep/record';
/**
 * For how long an object holds a request that waits. Asking again and again instead would cost calls, and use up those
 * that one object can serve. It is not for ever, so that an object that is gone without a word is noticed.
 */
const HOLD_MS = 2000;
/** Between two looks; grows from the first to the second while they are not answered. */
const PAUSE_MS = [50, 1000] as const;

/** How `durableObjectStore` is set up, with defaults filled in. */
export interface DurableObjectRecordsOptions {
  readonly namespace: () => RecordNamespace | undefined;
  /** Seconds. */
  readonly maxAge: number;
  /** Seconds. */
  readonly timeout: number;
  readonly fallback?: 'memory';
}

/** Records in Durable Objects: one object per session, one call per verb. Keeps nothing of a request. */
export class DurableObjectRecords implements Store {
  readonly fallback: 'memory' | undefined;
  readonly #namespace: () => RecordNamespace | undefined;
  readonly #timeoutMs: number;
  #maxAgeMs: number;
  #onEvent: ((event: AuthEvent) => void) | undefined;
  #warned = false;

  constructor({ namespace, maxAge, timeout, fallback }: DurableObjectRecordsOptions) {
    this.fallback = fallback;
    this.#namespace = namespace;
    this.#timeoutMs = timeout * 1000;
    this.#maxAgeMs = Math.ceil(maxAge * 1000);
  }

  validate(): void {
    checkSeconds('maxAge of durableObjectStore', this.#maxAgeMs / 1000, { positive: true });
    checkSeconds('timeout of durableObjectStore', this.#timeoutMs / 1000, { positive: true });
  }

  attach({ maxAge, onEvent }: { maxAge: number; onEvent: (event: AuthEvent) => void }): void {
    // A record that went before its cookie would let an old refresh token be sent.
    this.#maxAgeMs = Math.max(this.#maxAgeMs, Math.ceil(maxAge * 1000));
    this.#onEvent = onEvent;
  }

  perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    return this.#ask(sessionId, verb, 0, AbortSignal.timeout(this.#timeoutMs));
  }

  async wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    const [shortest, longest] = PAUSE_MS;
    for (let pauseMs: number = shortest; ; ) {
      signal.throwIfAborted();
      const patience = AbortSignal.any([signal, AbortSignal.timeout(HOLD_MS + this.#timeoutMs)]);
      const asked = this.#ask(sessionId, { verb: 'look', ...look }, HOLD_MS, patience);
      const found = await asked.catch(() => undefined);
      if (found && found.answer !== 'held') return found;
      pauseMs = found ? shortest : Math.min(2 * pauseMs, longest);
      await pause(pauseMs, signal);
    }
  }

  async #ask(sessionId: string, verb: StoreVerb, holdMs: number, signal: AbortSignal): Promise<StoreAnswer> {
    const namespace = this.#namespace() ?? this.#unbound();
    const question: Question = { verb, maxAgeMs: this.#maxAgeMs, holdMs };
    // A stub belongs to the request that has made it.
    const stub = namespace.get(namespace.idFromName(sessionId));
    const response = await stub.fetch(ADDRESS, { method: 'POST', body: JSON.stringify(question), signal });
    const text = await response.text();
    const answer = response.ok ? answerIn(text) : null;
    if (typeof answer?.answer !== 'string') throw new Error('the binding leads to something other than TokenkeepRecord');
    return answer as StoreAnswer;
  }

  /** `env` has no such binding. Not known before the first request: what builds servers imports them without one. */
  #unbound(): never {
    const message =
      'tokenkeep: durableObjectStore got no namespace. Bind TokenkeepRecord in the configuration of this Worker, and ' +
      'pass env with the name of that binding.';
    if (!this.#warned) {
      console.error(message);
      this.#onEvent?.({ type: 'storeMisconfigured', setting: 'namespace', value: 'undefined', message });
    }
    this.#warned = true;
    throw new Error(message);
  }
}

function answerIn(text: string): Partial<StoreAnswer> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Resolves after `ms`, or when `signal` fires. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}
