/** Durations in options. */
import { authError } from './errors.ts';

/** Ten years: instants that far ahead still fit everywhere. */
const LONGEST = 315_360_000;

/**
 * Checks one that is set: `NaN`, as of a missing environment variable, would make records that are gone at once.
 *
 * @throws AuthError `ERR_CONFIG`.
 */
export function checkSeconds(name: string, seconds: number | undefined, { positive = false } = {}): void {
  if (seconds === undefined) return;
  if (typeof seconds === 'number' && seconds <= LONGEST && (positive ? seconds > 0 : seconds >= 0)) return;
  throw authError('ERR_CONFIG', `${name} must be a number of seconds, at most ten years; it is ${String(seconds)}`);
}
