/** Waiting that ends, for work that goes on. */

/** What `setTimeout` can wait for: a longer delay it takes for none. */
export const LONGEST_MS = 0x7fff_ffff;

/** What `work` gives; what `late` gives if that takes longer than `ms`. */
export async function within<T>(work: Promise<T>, ms: number, late: () => T | Promise<T>): Promise<T> {
  const { promise: over, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), Math.min(Math.max(ms, 0), LONGEST_MS));
  const done = work.then((value) => ({ value }));
  const first = await Promise.race([done, over]).finally(() => clearTimeout(timer));
  return first === null ? late() : first.value;
}
