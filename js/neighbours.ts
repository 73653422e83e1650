/** Notices other processes that seal sessions of this application. */
import { processState } from './process-state.ts';

/** A rolling deployment's old process may go on sealing for a while; this long it does not. */
const APART_MS = 5 * 60_000;

/** What is looked at of a session that came in a cookie. */
export interface Seal {
  /** Who sealed it. */
  readonly instance: string;
  /** Epoch milliseconds. */
  readonly sealedAt: number;
}

/**
 * `true` once in the life of this process: when, on two occasions five minutes apart, it meets seals that
 * another process made after this one started. Without a shared store the two renew one session twice.
 */
export function hasNeighbour({ instance, sealedAt }: Seal, now: number): boolean {
  const state = processState();
  if (state.neighbour.told || instance === state.instance || sealedAt <= state.startedAt) {
    return false;
  }
  state.neighbour.firstSeenAt ??= now;
  state.neighbour.told = now - state.neighbour.firstSeenAt >= APART_MS;
  return state.neighbour.told;
}
