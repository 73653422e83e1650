/** Events as counters, in the shape that OpenTelemetry's `Meter` has. */
import type { AuthEvent } from './events.ts';

/** The part of OpenTelemetry's `Meter` that is used. */
export interface Meter {
  /** Makes a counter. */
  createCounter(
    name: string,
    options: { description: string; unit: string },
  ): { add(value: number, attributes?: Record<string, string | boolean>): void };
}

/** What each counter counts. Its name is `tokenkeep.` and the event's type in snake case. */
const DESCRIPTIONS: Record<AuthEvent['type'], string> = {
  refreshed: 'Renewals that this process performed',
  adopted: 'Requests that took tokens which somebody else had renewed',
  refreshFailed: 'Renewals that failed, by class',
  handoffPending: 'New tokens whose cookie could not be set any more',
  leaseLost: 'Leases that somebody else took while a renewal was under way',
  reuseDetected: 'Cookies that came back after their successor had been in use',
  sessionEnded: 'Sessions that ended, by reason',
  revoked: 'Revocations that the provider confirmed',
  revocationFailed: 'Revocations that the provider refuses because of a setting, or did not answer',
  storeFailed: 'Steps that the store did not answer',
  recordEvicted: 'Records that made room for others in process memory',
  storeMisconfigured: 'Settings found that let the store lose records',
  storeBypassed: 'Steps in process memory because the store was down',
  coreRestarted: 'Replacements of the WebAssembly instance after a trap',
  advice: 'Calls of the application that tokenkeep makes itself',
  notAlone: 'Processes found to share sessions without a shared store',
  cookieTooLarge: 'Sessions that no longer fit into cookies',
};

/** An `onEvent` that counts: `onEvent: countEvents(metrics.getMeter('app'))`. No session ids, no tokens. */
export function countEvents(meter: Meter): (event: AuthEvent) => void {
  const counters = new Map(
    Object.entries(DESCRIPTIONS).map(([type, description]) => {
      const name = `tokenkeep.${type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
      return [type, meter.createCounter(name, { description, unit: '{event}' })];
    }),
  );
  return (event) => counters.get(event.type)?.add(1, attributes(event));
}

function attributes(event: AuthEvent): Record<string, string | boolean> {
  switch (event.type) {
    case 'refreshed':
    case 'sessionEnded':
      return { reason: event.reason };
    case 'refreshFailed':
      return { class: event.class, code: event.error.code };
    case 'adopted':
      return { waited: event.waited };
    default:
      return {};
  }
}
