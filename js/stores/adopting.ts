import type { ErrorInfo } from '../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../store.ts';
import type { WebAbortSignal } from '../web.ts';

/** Nobody renews, and this request must not. A pause of no length is nothing that a record ever says. */
const NOBODY_RENEWS = { answer: 'coolDown', retryAfterMs: 0 } as const;

/**
 * A store as requests see it that take over what others have renewed and renew nothing themselves: what
 * they received could not be written into a cookie, and would be lost with the process.
 */
export class AdoptingStore implements Store {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    if (verb.verb !== 'claim') return this.#store.perform(sessionId, verb);
    const look = { verb: 'look', generation: verb.generation, drain: false } as const;
    const found = await this.#store.perform(sessionId, look);
    return found.answer === 'released' ? NOBODY_RENEWS : found;
  }

  wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: WebAbortSignal,
  ): Promise<StoreAnswer> {
    return this.#store.wait(sessionId, look, signal);
  }
}

/** Whether a renewal failed only because this store grants none. */
export function nobodyRenews(error: ErrorInfo): boolean {
  return error.retryAfterMs === NOBODY_RENEWS.retryAfterMs;
}
