import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, mock, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../../js/core.ts';
import { processState } from '../../js/process-state.ts';
import { MemoryStore, type MemoryStoreOptions } from '../../js/stores/memory.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { StoreAnswer } from '../../js/store.ts';
import { testCore } from '../support/core.ts';

const core = testCore();
const START = 1_795_000_000_000;

beforeEach(() => {
  const state = processState();
  for (const map of [state.records, state.forgotten, state.waiters]) map.clear();
  state.size = 0;
});

function setUp(options: MemoryStoreOptions = {}) {
  const evicted: string[] = [];
  const onEvent = (event: AuthEvent) => void (event.type === 'recordEvicted' && evicted.push(event.sessionId));
  const store = new MemoryStore(core, { onEvent, ...options });
  return {
    store,
    evicted,
    claim: (id: string, { flight = 'flight', generation = 0, leaseMs = 5_000 } = {}) =>
      store.perform(id, { verb: 'claim', flight, generation, presented: generation, leaseMs }),
    /** A session that was renewed to `generation`, whose browser has presented `presented`. */
    renewed: (id: string, { generation = 1, presented = 0, tokens = 'sealed' } = {}) => {
      store.perform(id, { verb: 'claim', flight: 'flight', generation: generation - 1, presented, leaseMs: 5_000 });
      store.perform(id, { verb: 'publish', flight: 'flight', generation, tokens });
      if (presented > 0) store.perform(id, { verb: 'present', generation: presented });
    },
  };
}

const known = () => [...processState().records.keys()];

/** Runs with a clock that only `tick` moves. */
function atVirtualTime(run: (tick: (ms: number) => void) => void): void {
  mock.timers.enable({ apis: ['Date'], now: START });
  try {
    run((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

test('a claim is granted once, and adopts what was published', () => {
  const { store, claim } = setUp();
  const id = randomUUID();
  assert.deepEqual(claim(id, { flight: 'a' }), { answer: 'granted', takenOver: false, replay: false });
  assert.equal(claim(id, { flight: 'b' }).answer, 'held');
  assert.equal(claim(id, { flight: 'a' }).answer, 'granted');
  assert.deepEqual(store.perform(id, { verb: 'publish', flight: 'a', generation: 1, tokens: 't' }), { answer: 'published' });
  assert.deepEqual(claim(id, { flight: 'b' }), { answer: 'newer', generation: 1, tokens: 't', replay: false });
});

test('two stores in one process share their records', () => {
  const id = randomUUID();
  setUp().renewed(id);
  assert.equal(setUp().claim(id).answer, 'newer');
});

test('more records than the bound are evicted down to a twentieth below it, the least recently used first', () => {
  const { renewed, evicted } = setUp({ maxRecords: 100 });
  const ids = Array.from({ length: 101 }, (_, index) => `s${index}`);
  for (const id of ids.slice(0, 100)) renewed(id);
  assert.deepEqual(evicted, []);
  setUp().store.perform('s0', { verb: 'present', generation: 0 });
  renewed('s100');
  assert.deepEqual(evicted, ['s1', 's2', 's3', 's4', 's5', 's6']);
  assert.equal(processState().records.size, 95);
});

test('more bytes than the bound are evicted too, and the account is exact', () => {
  const { renewed, evicted } = setUp({ maxBytes: 100_000 });
  for (let index = 0; index < 200; index++) renewed(`s${index}`, { tokens: 'x'.repeat(2_000) });
  const { records, size } = processState();
  assert.ok(size <= 100_000 && size > 80_000, `${size} bytes`);
  assert.equal(size, [...records.values()].reduce((sum, { size }) => sum + size, 0));
  assert.equal(records.size + evicted.length, 200);
});

test('what a browser has presented goes first, then revoked sessions, then the rest; leases never', () => {
  const { store, claim, renewed, evicted } = setUp({ maxRecords: 20 });
  const end = (id: string, revoked: boolean) => store.perform(id, { verb: 'end', flight: 'x', generation: null, revoked });
  for (let index = 0; index < 8; index++) claim(`leased${index}`);
  renewed('unpresented');
  end('ended', false);
  end('revoked', true);
  renewed('presented', { presented: 1 });
  for (let index = 8; index < 16; index++) claim(`leased${index}`);
  assert.deepEqual(evicted, []);
  claim('leased16');
  assert.deepEqual(evicted, ['presented', 'revoked']);
  for (let index = 17; index < 30; index++) claim(`leased${index}`);
  assert.deepEqual(evicted, ['presented', 'revoked', 'unpresented', 'ended']);
  assert.equal(known().filter((id) => id.startsWith('leased')).length, 30);
});

test('a lease that has run out no longer protects its record', () => {
  atVirtualTime((tick) => {
    const { claim, evicted } = setUp({ maxRecords: 2 });
    claim('a', { leaseMs: 1_000 });
    tick(1_001);
    claim('b');
    claim('c');
    assert.deepEqual(evicted, ['a']);
  });
});

test('an evicted record leaves its generation behind: older cookies are never granted, the newest one is', () => {
  const { claim, renewed } = setUp({ maxRecords: 1 });
  renewed('a', { generation: 3, presented: 3 });
  claim('b');
  assert.deepEqual(known(), ['b']);
  assert.deepEqual(claim('a', { generation: 2 }), { answer: 'forgotten' });
  assert.deepEqual(known(), ['b']);
  assert.equal(claim('a', { generation: 3 }).answer, 'granted');
});

test('a record that nobody touched for its life is gone, and one that was touched is not', () => {
  atVirtualTime((tick) => {
    const { claim, renewed, store } = setUp({ maxAge: 60 });
    renewed('a');
    renewed('b');
    tick(40_000);
    store.perform('b', { verb: 'present', generation: 1 });
    tick(40_000);
    assert.equal(claim('a').answer, 'granted');
    assert.equal(claim('b').answer, 'newer');
  });
});

test('a look changes nothing, not even the order of eviction', () => {
  const { store, renewed } = setUp();
  renewed('a');
  renewed('b');
  store.perform('a', { verb: 'look', generation: 0, drain: false });
  assert.deepEqual(known(), ['a', 'b']);
  store.perform('nobody', { verb: 'look', generation: 0, drain: false });
  assert.deepEqual(known(), ['a', 'b']);
});

test('present notes a generation once and says when a session has ended', () => {
  const { store, renewed } = setUp();
  assert.equal(store.present('nobody', 0), undefined);
  renewed('a');
  assert.deepEqual(store.present('a', 1), { answer: 'noted', replay: false });
  assert.equal(store.present('a', 1), undefined);
  store.perform('a', { verb: 'end', flight: 'x', generation: null, revoked: false });
  assert.equal(store.present('a', 1)?.answer, 'ended');
});

test('a session that has ended is not served again when its record had to make room', () => {
  const { store, claim } = setUp({ maxRecords: 1 });
  store.perform('out', { verb: 'end', flight: 'x', generation: null, revoked: true });
  claim('b');
  assert.deepEqual(known(), ['b']);
  assert.equal(store.present('out', 0)?.answer, 'ended');
});

const look = { generation: 0, drain: false };
const never = new AbortController().signal;

test('who waits is woken by the publication', async () => {
  const { store, claim } = setUp();
  claim('a');
  const waiting = [store.wait('a', look, never), store.wait('a', look, never)];
  store.perform('a', { verb: 'publish', flight: 'flight', generation: 1, tokens: 't' });
  const newer: StoreAnswer = { answer: 'newer', generation: 1, tokens: 't', replay: false };
  assert.deepEqual(await Promise.all(waiting), [newer, newer]);
  assert.equal(processState().waiters.size, 0);
});

test('where nobody may act for another request, who waits looks again, and nobody else knows', async () => {
  const { store, claim } = setUp({ pollMs: 5 });
  claim('a');
  const waiting = store.wait('a', look, never);
  assert.equal(processState().waiters.size, 0);
  store.perform('a', { verb: 'publish', flight: 'flight', generation: 1, tokens: 't' });
  assert.equal((await waiting).answer, 'newer');
});

test('who waits is woken by a failure, by the end of the session, and when a lease runs out', async () => {
  const { store, claim } = setUp();
  claim('failed');
  claim('ended');
  claim('abandoned', { leaseMs: 30 });
  const waiting = ['failed', 'ended', 'abandoned'].map((id) => store.wait(id, look, never));
  store.perform('failed', { verb: 'fail', flight: 'flight', coolDownMs: 0 });
  store.perform('ended', { verb: 'end', flight: 'x', generation: null, revoked: false });
  const answers = (await Promise.all(waiting)).map(({ answer }) => answer);
  assert.deepEqual(answers, ['coolDown', 'ended', 'released']);
});

test('an extended lease keeps them waiting', async () => {
  const { store, claim } = setUp();
  claim('a', { leaseMs: 30 });
  let woken = false;
  const waiting = store.wait('a', look, never).then((answer) => ((woken = true), answer));
  store.perform('a', { verb: 'extend', flight: 'flight', leaseMs: 60_000 });
  await delay(80);
  assert.equal(woken, false);
  store.perform('a', { verb: 'fail', flight: 'flight', coolDownMs: null });
  assert.equal((await waiting).answer, 'released');
});

test('who drains waits for the holder of the lease although the session has ended', async () => {
  const { store, claim } = setUp();
  claim('a');
  store.perform('a', { verb: 'end', flight: 'logout', generation: null, revoked: false });
  let woken = false;
  const waiting = store.wait('a', { generation: 0, drain: true }, never).then((answer) => ((woken = true), answer));
  await delay(5);
  assert.equal(woken, false);
  store.perform('a', { verb: 'end', flight: 'flight', generation: null, revoked: true });
  assert.equal((await waiting).answer, 'ended');
});

test('who waits for something that is there already does not wait', async () => {
  const { store, renewed } = setUp();
  renewed('a');
  assert.equal((await store.wait('a', look, never)).answer, 'newer');
  assert.equal((await store.wait('nobody', look, never)).answer, 'released');
  assert.equal(processState().waiters.size, 0);
});

test('an abort ends the waiting, also one that came before, and leaves nothing behind', async () => {
  const { store, claim } = setUp();
  claim('a');
  const leaving = new AbortController();
  const waiting = store.wait('a', look, leaving.signal);
  leaving.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  await assert.rejects(store.wait('a', look, leaving.signal), /gone/);
  assert.equal(processState().waiters.size, 0);
});

test('claims that change nothing wake nobody', async () => {
  let calls = 0;
  const applyVerb: Core['applyVerb'] = (...args) => (calls++, core.applyVerb(...args));
  const store = new MemoryStore({ applyVerb } as Core);
  const claim = (flight: string) => store.perform('a', { verb: 'claim', flight, generation: 0, presented: 0, leaseMs: 5_000 });
  claim('leader');
  const waiting = Array.from({ length: 100 }, (_, index) => {
    claim(`follower ${index}`);
    return store.wait('a', look, never);
  });
  assert.equal(calls, 201);
  store.perform('a', { verb: 'publish', flight: 'leader', generation: 1, tokens: 't' });
  assert.equal((await Promise.all(waiting)).length, 100);
  assert.equal(calls, 302);
});
