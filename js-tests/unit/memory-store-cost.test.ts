import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { processState } from '../../js/process-state.ts';
import { MemoryStore } from '../../js/stores/memory.ts';
import { testCore } from '../support/core.ts';

const RECORDS = 5_000;
const SEALED = 1_500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test('a record costs a bounded amount of memory beyond its sealed tokens', (context) => {
  const store = new MemoryStore(testCore());
  store.perform('warm-up', { verb: 'publish', flight: 'f', generation: 1, tokens: 'sealed' });
  const before = heap();
  const accountedBefore = processState().size;
  for (let index = 0; index < RECORDS; index++) {
    const id = randomBytes(16).toString('base64url');
    const tokens = randomBytes((SEALED * 3) / 4).toString('base64url');
    store.perform(id, { verb: 'claim', flight: `flight-${index}`, generation: 0, presented: 0, leaseMs: 5000 });
    store.perform(id, { verb: 'publish', flight: `flight-${index}`, generation: 1, tokens });
  }
  const own = (heap() - before) / RECORDS - SEALED;
  const accounted = (processState().size - accountedBefore) / RECORDS - SEALED;
  context.diagnostic(`a record's own cost: ${Math.round(own)} bytes; accounted for: ${accounted}`);
  assert.ok(own < 2 * accounted, `${own} bytes, accounted for as ${accounted}`);
});
