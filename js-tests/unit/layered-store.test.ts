import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { mock } from 'node:test';
import { Core } from '../../js/core.ts';
import { LayeredStore } from '../../js/stores/layered.ts';
import { MemoryStore } from '../../js/stores/memory.ts';
import { storeContract } from '../../js/testing.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { StoreAnswer } from '../../js/store.ts';
import { SharedStore } from '../support/shared-store.ts';

const core = new Core({}, () => {});
const systemTime = Date.now;
let ahead = 0;
Date.now = () => systemTime() + ahead;

/** A shared store with this process in front; `shared` itself is what other processes see. */
function scene({ pollMs, ...options }: { fallback?: 'memory'; pollMs?: number } = {}) {
  const events: AuthEvent[] = [];
  const shared = new SharedStore(options);
  const memory = new MemoryStore(core, { authority: false, ...(pollMs && { pollMs }) });
  const layered = new LayeredStore(shared, memory, (event) => events.push(event));
  const id = randomUUID();
  const claim = (flight: string, generation = 0, presented = generation) =>
    ({ verb: 'claim', flight, generation, presented, leaseMs: 30_000 }) as const;
  const publish = (flight: string, generation: number, tokens = `set-${generation}`) =>
    ({ verb: 'publish', flight, generation, tokens }) as const;
  const end = (flight: string, generation: number | null = null) =>
    ({ verb: 'end', flight, generation, revoked: false }) as const;
  return { events, shared, memory, layered, id, claim, publish, end };
}

function kind(answer: StoreAnswer | undefined): string | undefined {
  return answer?.answer;
}

const NOT_ITS_OWN = [
  // A claim that memory answers says that the session has ended and no more.
  'an ended session answers every question so',
  // Expiry is the shared store's, and the one here has none.
  'a record that nobody touches for its life is gone; one that is used stays',
];

storeContract(
  (name, run) => {
    if (!NOT_ITS_OWN.includes(name)) test(`with a shared store that answers, ${name}`, run);
  },
  () => ({ store: scene().layered, advance: (ms) => void (ahead += ms) }),
);

test('while the shared store is down memory says of nobody that their tokens are gone', async () => {
  const { shared, layered, id, claim, publish } = scene({ fallback: 'memory' });
  assert.equal(kind(await layered.perform(id, claim('a'))), 'granted');
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, publish('a', 1)));
  shared.down = false;
  assert.equal(kind(await layered.perform(id, publish('a', 1))), 'published');
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, claim('b')));
  shared.down = false;
  assert.equal(kind(await layered.perform(id, claim('b'))), 'newer');
});

test('a used refresh token is not sent while the shared store is down', async () => {
  const { shared, layered, id, claim } = scene({ fallback: 'memory' });
  shared.down = true;
  assert.equal(kind(await layered.perform(id, claim('a', 5, 3))), 'granted');
  await layered.perform(id, { verb: 'fail', flight: 'a', coolDownMs: null });
  await assert.rejects(async () => layered.perform(id, claim('b', 3)));
});

test('tokens whose publication was not answered are adopted in this process until it is', async () => {
  const { shared, layered, id, claim, publish } = scene();
  assert.equal(kind(await layered.perform(id, claim('a'))), 'granted');
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, publish('a', 1, 'sealed')));
  const adopted = { answer: 'newer', generation: 1, tokens: 'sealed', replay: false };
  assert.deepEqual(await layered.perform(id, claim('b')), adopted);
  // Nobody here knows anything newer: the shared store would have to say.
  await assert.rejects(async () => layered.perform(id, claim('b', 1)));
  shared.down = false;
  assert.equal(kind(await layered.perform(id, publish('a', 1, 'sealed'))), 'published');
  await shared.perform(id, publish('elsewhere', 2));
  const newest = await layered.perform(id, claim('b'));
  assert.equal(newest.answer === 'newer' && newest.generation, 2);
});

for (const [told, options] of [['is told', {}], ['looks', { pollMs: 5 }]] as const) {
  test(`somebody who waits in this process, and ${told}, adopts tokens whose publication was not answered`, async () => {
    const { shared, layered, id, claim, publish } = scene(options);
    await layered.perform(id, claim('a'));
    const waiting = layered.wait(id, { generation: 0, drain: false }, AbortSignal.timeout(1000));
    shared.down = true;
    await layered.perform(id, publish('a', 1, 'sealed')).catch(() => {});
    const answer = await waiting;
    assert.equal(answer.answer === 'newer' && answer.tokens, 'sealed');
  });
}

test('a logout takes effect here at once although the shared store is down', async () => {
  const { shared, layered, memory, id, claim, publish, end } = scene();
  await layered.perform(id, claim('a', 1));
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, end('b')));
  assert.equal(kind(memory.present(id, 1)), 'ended');
  assert.equal(kind(await layered.perform(id, claim('c', 1))), 'ended');
  // Its holder revokes what it has just received.
  assert.equal(kind(await layered.perform(id, publish('a', 2))), 'ended');
});

test('a refusal that was not answered ends nothing', async () => {
  const { shared, layered, memory, id, claim, end } = scene();
  await layered.perform(id, claim('a', 1));
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, end('a', 1)));
  assert.notEqual(kind(memory.present(id, 1)), 'ended');
});

test('what the shared store says of an ended session is remembered for fresh requests', async () => {
  const { shared, layered, memory, id, claim, end } = scene();
  await shared.perform(id, end('elsewhere'));
  assert.equal(memory.present(id, 1), undefined);
  assert.equal(kind(await layered.perform(id, claim('a', 1))), 'ended');
  assert.equal(kind(memory.present(id, 1)), 'ended');
});

test('what somebody who waits learns of an ended session is remembered as well', async () => {
  const { shared, layered, memory, id, claim, end } = scene();
  await layered.perform(id, claim('a'));
  const waiting = layered.wait(id, { generation: 0, drain: false }, AbortSignal.timeout(5000));
  await shared.perform(id, end('elsewhere'));
  assert.equal(kind(await waiting), 'ended');
  assert.equal(kind(memory.present(id, 0)), 'ended');
});

test('a logout waits for whoever renews elsewhere although this process knows of the end', async () => {
  const { shared, layered, id, claim, end } = scene();
  await shared.perform(id, claim('elsewhere'));
  const ended = await layered.perform(id, end('a'));
  assert.equal(ended.answer === 'ended' && ended.held, true);
  const drained = layered.wait(id, { generation: 0, drain: true }, AbortSignal.timeout(5000));
  assert.equal(await Promise.race([drained.then(kind), Promise.resolve('waiting')]), 'waiting');
  await shared.perform(id, { verb: 'end', flight: 'elsewhere', generation: null, revoked: true });
  const answer = await drained;
  assert.equal(answer.answer === 'ended' && answer.revoked, true);
});

test('a replay is noticed by what fresh requests of this process have presented', async () => {
  const { shared, layered, memory, id, claim, publish } = scene();
  await layered.perform(id, claim('a', 1));
  await layered.perform(id, publish('a', 2));
  memory.present(id, 2);
  ahead += 60_050;
  const elsewhere = await shared.perform(id, claim('b', 1));
  assert.equal(elsewhere.answer === 'newer' && elsewhere.replay, false);
  const here = await layered.perform(id, claim('b', 1));
  assert.equal(here.answer === 'newer' && here.replay, true);
});

test('without a fallback nothing is granted while the shared store is down', async () => {
  const { shared, layered, id, claim } = scene();
  shared.down = true;
  await assert.rejects(async () => layered.perform(id, claim('a')));
});

test('with the fallback this process grants one lease, and says loudly once that it does', async () => {
  const warn = mock.method(console, 'warn', () => {});
  const { events, shared, layered, id, claim } = scene({ fallback: 'memory' });
  shared.down = true;
  assert.equal(kind(await layered.perform(id, claim('a'))), 'granted');
  assert.equal(kind(await layered.perform(id, claim('b'))), 'held');
  const extended = await layered.perform(id, { verb: 'extend', flight: 'a', leaseMs: 30_000 });
  assert.equal(kind(extended), 'extended');
  assert.deepEqual(events.map(({ type }) => type), ['storeBypassed']);
  assert.equal(warn.mock.callCount(), 1);
  warn.mock.restore();
});

test('with the fallback tokens still have to reach the shared store', async () => {
  const warn = mock.method(console, 'warn', () => {});
  const { shared, layered, id, claim, publish } = scene({ fallback: 'memory' });
  shared.down = true;
  await layered.perform(id, claim('a'));
  await assert.rejects(async () => layered.perform(id, publish('a', 1)));
  assert.equal(kind(await layered.perform(id, claim('b'))), 'newer');
  assert.equal(kind(await layered.perform(id, claim('b', 1))), 'granted');
  shared.down = false;
  await layered.perform(id, publish('a', 1));
  assert.equal(kind(await shared.perform(id, claim('elsewhere'))), 'newer');
  warn.mock.restore();
});
