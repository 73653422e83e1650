/** What a store of records has to be able to do. Instants are epoch milliseconds, durations are seconds. */
import type { AuthEvent } from './events.ts';
import type { WebAbortSignal } from './web.ts';

/** Where the records of sessions live. Each step is atomic on one record. */
export interface Store {
  /** Performs one step. Throwing, or rejecting, means: no answer. */
  perform(sessionId: string, verb: StoreVerb): StoreAnswer | Promise<StoreAnswer>;
  /** Resolves when a `look` answers something other than `held`, or rejects when `signal` fires. */
  wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: WebAbortSignal,
  ): Promise<StoreAnswer>;
  /**
   * Called by each manager that uses the store, before anything else: its `session.maxAge`, in seconds,
   * for which a record has to live, and where to report what happens.
   */
  attach?(manager: { maxAge: number; onEvent: (event: AuthEvent) => void }): void;
  /**
   * Checks the store's own options, at a manager's first request.
   *
   * @throws AuthError `ERR_CONFIG`.
   */
  validate?(): void;
  /** `memory`: while the store does not answer, each process grants leases on its own. */
  readonly fallback?: 'memory' | undefined;
}

/** One atomic step on the record of one session. See `docs/protocol.md`. */
export type StoreVerb =
  | { verb: 'claim'; flight: string; generation: number; presented: number; leaseMs: number }
  | { verb: 'extend'; flight: string; leaseMs: number }
  | { verb: 'publish'; flight: string; generation: number; tokens: string }
  | { verb: 'fail'; flight: string; coolDownMs: number | null }
  | { verb: 'end'; flight: string; generation: number | null; revoked: boolean }
  | { verb: 'present'; generation: number }
  | { verb: 'look'; generation: number; drain: boolean };

/** What a step found. See `docs/protocol.md`. */
export type StoreAnswer =
  | { answer: 'newer'; generation: number; tokens: string; replay: boolean }
  | { answer: 'granted'; takenOver: boolean; replay: boolean }
  | { answer: 'held'; leaseMs: number }
  | { answer: 'coolDown'; retryAfterMs: number }
  | {
      answer: 'ended';
      now: boolean;
      generation: number;
      tokens: string | null;
      held: boolean;
      revoked: boolean;
    }
  | { answer: 'forgotten' | 'extended' | 'lost' | 'published' | 'released' | 'noAnswer' }
  | { answer: 'noted'; replay: boolean };
