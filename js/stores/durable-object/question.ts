/** What the store asks a record's object, as JSON. The answer is a `StoreAnswer`, as JSON. */
import type { StoreVerb } from '../../types.ts';

/** One verb, and what the record does not know itself. */
export interface Question {
  readonly verb: StoreVerb;
  /** For how long the record lives from now, if the verb touches it. */
  readonly maxAgeMs: number;
  /** For how long a `look` that finds the lease held may wait for something else. */
  readonly holdMs: number;
}
