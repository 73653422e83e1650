/** A row of the table. */
import type { Contestant } from './contestant.ts';

/** How thorough a run is. */
export interface Effort {
  readonly rounds: number;
  readonly logoutRounds: number;
  /** Seconds. */
  readonly hangs: readonly number[];
}

export const full: Effort = { rounds: 5, logoutRounds: 20, hangs: [10, 30] };
export const quick: Effort = { rounds: 2, logoutRounds: 5, hangs: [6] };

export interface Row {
  readonly name: string;
  /** What the cell has to say. */
  readonly target: string;
  run(contestant: Contestant): Promise<string>;
}
