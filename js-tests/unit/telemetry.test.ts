import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEvents } from '../../js/telemetry.ts';

test('events become counters with attributes, and no session id among them', () => {
  const counted: unknown[] = [];
  const count = countEvents({
    createCounter: (name, { unit }) => ({
      add: (value, attributes) => counted.push([name, unit, value, attributes]),
    }),
  });
  count({ type: 'refreshed', sessionId: 'a-session', generation: 1, reason: 'expired' });
  count({ type: 'adopted', sessionId: 'a-session', generation: 1, waited: true });
  count({ type: 'leaseLost', sessionId: 'a-session' });
  assert.deepEqual(counted, [
    ['tokenkeep.refreshed', '{event}', 1, { reason: 'expired' }],
    ['tokenkeep.adopted', '{event}', 1, { waited: true }],
    ['tokenkeep.lease_lost', '{event}', 1, {}],
  ]);
});
