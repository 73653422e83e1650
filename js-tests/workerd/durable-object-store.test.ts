/** The store contract for Durable Objects: every rule runs inside a Worker, over the binding that Workers have. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { storeContract } from '../../js/testing.ts';
import { startWorkerd, type Workers } from '../support/worker.ts';

let workers: Workers;
let storage: string;
before(async () => {
  storage = await mkdtemp(join(tmpdir(), 'records-'));
  workers = await startWorkerd({ config: 'contract.capnp', sockets: ['contract'], storage });
});
after(async () => {
  await workers?.[Symbol.asyncDispose]();
  await rm(storage, { recursive: true });
});

// First: alarms ring by the machine's clock, and rules set the Worker's ahead of it.
test('a record that nobody uses any more deletes itself', ({ name }) => runInWorker(name));

storeContract(
  (name) => test(name, () => runInWorker(name)),
  () => assert.fail('the Worker makes the store'),
);

async function runInWorker(rule: string): Promise<void> {
  const response = await fetch(workers.urls['contract'] ?? '', { method: 'POST', body: rule });
  assert.equal(response.status, 200, await response.text());
}
