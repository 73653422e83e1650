/** What `onEvent` of an application under contract was told. */
import type { AuthEvent } from '../../../js/events.ts';

const holder = globalThis as { contractEvents?: AuthEvent[] };

/** One list for all copies of this module: bundlers make several. */
export const events: AuthEvent[] = (holder.contractEvents ??= []);
