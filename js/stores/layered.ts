import type { AuthEvent } from '../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../store.ts';
import type { MemoryStore } from './memory.ts';

/**
 * A shared store with this process's memory in front of it.
 *
 * The shared store decides. Memory holds of a session only what stays true whatever others do, and what
 * the shared store cannot say at the moment:
 *
 * - that it has ended: nothing un-ends a session, so no request of this process is served any more;
 * - which generation a browser has presented here, since fresh requests are not told to the shared store;
 * - tokens whose publication was not answered: requests of this process adopt them. Their flight goes on
 *   publishing, and the first answer to it makes the shared store the one to ask again;
 * - with `fallback: 'memory'`, leases and pauses granted while the shared store did not answer. What ends a
 *   session and what publishes is never answered by memory alone: it is told until the shared store knows.
 */
export class LayeredStore implements Store {
  readonly #shared: Store;
  readonly #memory: MemoryStore;
  readonly #onEvent: (event: AuthEvent) => void;
  #bypassed = false;

  constructor(shared: Store, memory: MemoryStore, onEvent: (event: AuthEvent) => void) {
    this.#shared = shared;
    this.#memory = memory;
    this.#onEvent = onEvent;
  }

  async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    // Here a logout takes effect at once, whenever the others learn of it.
    if (verb.verb === 'end' && verb.generation === null) this.#memory.perform(sessionId, verb);
    const noted = verb.verb === 'claim' ? this.#memory.note(sessionId, verb.presented) : undefined;
    const replay = noted?.answer === 'noted' && noted.replay;
    const known = verb.verb === 'claim' ? this.#known(sessionId, verb.generation) : undefined;
    return withReplay(known ?? (await this.#ask(sessionId, verb)), replay);
  }

  async wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    // Whether anybody still renews is not for one process to say.
    if (look.drain) return this.#shared.wait(sessionId, look, signal);
    signal.throwIfAborted();
    const here = Promise.withResolvers<StoreAnswer>();
    const check = () => {
      try {
        const known = this.#known(sessionId, look.generation);
        if (known) here.resolve(known);
      } catch (error) {
        here.reject(error);
      }
    };
    const forget = this.#memory.onChange(sessionId, check);
    check();
    const enough = new AbortController();
    const there = this.#shared.wait(sessionId, look, AbortSignal.any([signal, enough.signal]));
    try {
      return await Promise.race([here.promise, there.then((found) => this.#learned(sessionId, found))]);
    } finally {
      forget();
      enough.abort();
    }
  }

  /** What memory knows better than the shared store. */
  #known(sessionId: string, generation: number): StoreAnswer | undefined {
    const found = this.#memory.perform(sessionId, { verb: 'look', generation, drain: false });
    return found.answer === 'ended' || found.answer === 'newer' ? found : undefined;
  }

  async #ask(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    let answer: StoreAnswer;
    try {
      answer = await this.#shared.perform(sessionId, verb);
      if (answer.answer === 'noAnswer') throw new Error('the shared store gave no answer');
    } catch (error) {
      return this.#unanswered(sessionId, verb, error);
    }
    if (verb.verb === 'publish') this.#memory.settle(sessionId);
    return this.#learned(sessionId, answer);
  }

  #learned(sessionId: string, answer: StoreAnswer): StoreAnswer {
    if (answer.answer !== 'ended') return answer;
    const { revoked } = answer;
    this.#memory.perform(sessionId, { verb: 'end', flight: '', generation: null, revoked });
    return answer;
  }

  #unanswered(sessionId: string, verb: StoreVerb, error: unknown): StoreAnswer {
    if (verb.verb === 'publish') {
      const kept = this.#memory.perform(sessionId, verb);
      // Not "published": the flight has to go on until the others can see it.
      if (kept.answer !== 'published') return kept;
    } else if (this.#shared.fallback === 'memory' && LEASE_VERBS.has(verb.verb)) {
      this.#bypass();
      const answer = this.#memory.perform(sessionId, verb);
      // Newer tokens are in the shared store, or with somebody who signed out: which, only that store can say.
      if (answer.answer !== 'forgotten') return answer;
    }
    throw error;
  }

  #bypass(): void {
    if (this.#bypassed) return;
    this.#bypassed = true;
    const message =
      'tokenkeep: the shared store does not answer; each process now renews tokens on its own, and ' +
      'two of them may use the same refresh token';
    console.warn(message);
    this.#onEvent({ type: 'storeBypassed', message });
  }
}

const LEASE_VERBS = new Set<StoreVerb['verb']>(['claim', 'extend', 'fail']);

/** What was found, as that of a replay if it is one. */
export function withReplay(answer: StoreAnswer, replay: boolean): StoreAnswer {
  const told = answer.answer === 'newer' || answer.answer === 'granted';
  return told && replay ? { ...answer, replay } : answer;
}
