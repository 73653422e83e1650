import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Store, StoreAnswer, StoreVerb } from '../../store.ts';

/** A store, and what a test may do to it. */
export interface StoreUnderTest {
  /** Empty, and nobody else's. */
  readonly store: Store;
  /** Moves the store's clock forward. Records need not expire by it. */
  advance?(ms: number): void | Promise<void>;
  /** Called after the test, whatever came of it. */
  close?(): void | Promise<void>;
}

/** Makes the store of one test. `maxAge`: seconds that a record lives untouched. */
export type MakeStore = (options: { maxAge: number }) => StoreUnderTest | Promise<StoreUnderTest>;

/** Rules by name. */
export type Rules = Record<string, Rule>;

/** One rule, tried on a session that the store has never heard of. */
export interface Rule {
  /** Seconds; by default long enough not to matter. */
  readonly maxAge?: number;
  run(session: SessionUnderTest): Promise<void>;
}

/** A rule that needs no particular store. */
export function rule(run: Rule['run']): Rule {
  return { run };
}

/** What an answer of one kind carries. */
export type AnswerOf<Kind extends StoreAnswer['answer']> = Extract<StoreAnswer, { answer: Kind }>;

/** The verbs on one session, short to write. */
export class SessionUnderTest {
  readonly #made: StoreUnderTest;
  readonly #id: string;

  constructor(made: StoreUnderTest) {
    this.#made = made;
    this.#id = randomBytes(16).toString('base64url');
  }

  /** Another session at the same store. */
  another(): SessionUnderTest {
    return new SessionUnderTest(this.#made);
  }

  /** Lets time pass on the store's clock. */
  async pass(ms: number): Promise<void> {
    if (this.#made.advance) await this.#made.advance(ms);
    else await delay(ms);
  }

  claim(flight: string, generation = 0, { presented = generation, leaseMs = 30_000 } = {}) {
    return this.#perform({ verb: 'claim', flight, generation, presented, leaseMs });
  }

  extend(flight: string, leaseMs = 30_000) {
    return this.#perform({ verb: 'extend', flight, leaseMs });
  }

  publish(flight: string, generation: number, tokens = `tokens-${generation}`) {
    return this.#perform({ verb: 'publish', flight, generation, tokens });
  }

  fail(flight: string, coolDownMs: number | null = null) {
    return this.#perform({ verb: 'fail', flight, coolDownMs });
  }

  end(flight: string, generation: number | null = null, { revoked = false } = {}) {
    return this.#perform({ verb: 'end', flight, generation, revoked });
  }

  present(generation: number) {
    return this.#perform({ verb: 'present', generation });
  }

  look(generation = 0, { drain = false } = {}) {
    return this.#perform({ verb: 'look', generation, drain });
  }

  /** A `wait` that is given up after `patienceMs`, and `undefined` then. */
  async wait(
    generation = 0,
    { drain = false, patienceMs = 5000 } = {},
  ): Promise<StoreAnswer | undefined> {
    const patience = AbortSignal.timeout(patienceMs);
    const answer = this.waitUntil(patience, generation, drain);
    return answer.catch((error) => {
      if (patience.aborted) return undefined;
      throw error;
    });
  }

  /** @internal */
  waitUntil(signal: AbortSignal, generation = 0, drain = false): Promise<StoreAnswer> {
    return this.#made.store.wait(this.#id, { generation, drain }, signal);
  }

  async #perform(verb: StoreVerb): Promise<StoreAnswer> {
    return await this.#made.store.perform(this.#id, verb);
  }
}

/** The answer, if it is of this kind. */
export function expect<Kind extends StoreAnswer['answer']>(
  answer: StoreAnswer | undefined,
  kind: Kind,
): AnswerOf<Kind> {
  assert.equal(answer?.answer, kind);
  return answer as AnswerOf<Kind>;
}

/** Time passes between a step and its answer: an answer may say up to a second less, never more. */
export function assertAbout(ms: number, expected: number): void {
  assert.ok(ms <= expected && ms > expected - 1000, `${ms} ms instead of about ${expected} ms`);
}
