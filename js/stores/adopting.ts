import type { ErrorInfo } from '../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../store.ts';
import type { WebAbortSignal } from '../web.ts';
import { withReplay } from './layered.ts';
import type { MemoryStore } from './memory.ts';

/** Nobody renews, and this request must not. A pause of no length is nothing that a record ever says. */
const NOBODY_RENEWS = { answer: 'coolDown', retryAfterMs: 0 } as const;

/**
 * A store as requests see it that take over what others have renewed and renew nothing themselves: what
 * they received could not be written into a cookie, and would be lost with the process.
 */
export class AdoptingStore implements Store {
  readonly #memory: MemoryStore;
  readonly #store: Store;

  /** `memory`: where it is looked for. `store`: where a replay ends the session, if it is to. */
  constructor(memory: MemoryStore, store: Store) {
    this.#memory = memory;
    this.#store = store;
  }

  async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    if (verb.verb !== 'claim') return this.#store.perform(sessionId, verb);
    const { generation, presented } = verb;
    const noted = this.#memory.perform(sessionId, { verb: 'present', generation: presented });
    const found = this.#memory.perform(sessionId, { verb: 'look', generation, drain: false });
    if (found.answer === 'released') return NOBODY_RENEWS;
    return withReplay(found, noted.answer === 'noted' && noted.replay);
  }

  wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: WebAbortSignal,
  ): Promise<StoreAnswer> {
    return this.#memory.wait(sessionId, look, signal);
  }
}

/** Whether a renewal failed only because this store grants none. */
export function nobodyRenews(error: ErrorInfo): boolean {
  return error.retryAfterMs === NOBODY_RENEWS.retryAfterMs;
}
