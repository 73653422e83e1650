/** What the contract does not say of Durable Objects: how records die, and calls that fail. In workerd: js-tests/workerd. */
import assert from 'node:assert/strict';
import test, { mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { durableObjectStore, type RecordNamespace } from '../../js/stores/durable-object.ts';
import type { AuthEvent } from '../../js/events.ts';
import { ObjectsUnderTest } from '../support/durable-objects.ts';

const ID = 'a session';
const DAY = 86_400;
const claim = { verb: 'claim', flight: 'a', generation: 0, presented: 0, leaseMs: 30_000 } as const;
const publish = { verb: 'publish', flight: 'a', generation: 1, tokens: 'sealed' } as const;
const look = { generation: 0, drain: false };
const fails = () => Promise.reject(new Error('Durable Object reset because its code was updated'));

/** Stands still but for this: nothing here depends on how long it takes. */
let ahead = 0;
const start = Date.now();
Date.now = () => start + ahead;

function scene({ timeout = 1 } = {}) {
  const namespace = new ObjectsUnderTest();
  const store = durableObjectStore({ namespace, maxAge: DAY, timeout });
  return { namespace, store, object: namespace.object(ID) };
}

/** A second after a record may go. */
function assertAlarm(at: number | null, seconds: number): void {
  assert.equal(at, Date.now() + seconds * 1000 + 1000);
}

test('an alarm that rings too early is set again for later', async () => {
  const { store, object } = scene();
  await store.perform(ID, claim);
  const { alarmAt } = object;
  await object.ring();
  assert.deepEqual([object.alarmAt, object.values.size], [alarmAt, 1]);
  ahead += DAY * 1000 - 10;
  await object.ring();
  assert.equal(object.alarmAt, Date.now() + 10 + 1000);
});

test('a binding that a function gives is asked for at each use, and not before', async () => {
  let asked = 0;
  const { namespace } = scene();
  const store = durableObjectStore({ namespace: () => ((asked += 1), namespace) });
  store.validate?.();
  assert.equal(asked, 0);
  assert.equal((await store.perform(ID, claim)).answer, 'granted');
  assert.equal((await store.perform(ID, publish)).answer, 'published');
  assert.equal(asked, 2);
});

test('a manager with a shorter life does not shorten the records of another one', async () => {
  const { namespace, store, object } = scene();
  await store.perform(ID, claim);
  await durableObjectStore({ namespace, maxAge: 1 }).perform(ID, publish);
  ahead += 5000;
  assert.equal((await store.perform(ID, { verb: 'look', ...look })).answer, 'newer');
  assert.equal(object.values.size, 1);
});

test('a record that would be gone at once is not made', async () => {
  const { namespace } = scene();
  for (const maxAge of [Number.NaN, 0, -1]) await assert.rejects(durableObjectStore({ namespace, maxAge }).perform(ID, claim) as Promise<unknown>, /kept/);
});

test('the alarm is set once for a record, sets itself again while the record is used, and then deletes everything', async () => {
  const { store, object } = scene();
  await store.perform(ID, claim);
  ahead += DAY * 500;
  await store.perform(ID, publish);
  assert.equal(object.alarmsSet, 1);
  await object.ring();
  assertAlarm(object.alarmAt, DAY);
  ahead += DAY * 1000 + 1000;
  await object.ring();
  assert.deepEqual([object.values.size, object.alarmAt], [0, null]);
});

test('a record that has outlived its time is not there, also when its alarm is late', async () => {
  const { store, object } = scene();
  await store.perform(ID, publish);
  ahead += DAY * 1000 + 1000;
  assert.deepEqual(await store.perform(ID, { verb: 'look', ...look }), { answer: 'released' });
  assert.equal((await store.perform(ID, claim)).answer, 'granted');
  assert.equal(object.alarmsSet, 2);
});

test('a record lives at least as long as the sessions of every manager', async () => {
  const { store, object } = scene();
  store.attach?.({ maxAge: 30 * DAY, onEvent: () => {} });
  store.attach?.({ maxAge: DAY / 2, onEvent: () => {} });
  await store.perform(ID, claim);
  assertAlarm(object.alarmAt, 30 * DAY);
});

test('an object that was dropped from memory goes on with what it has stored', async () => {
  const { store, object } = scene();
  await store.perform(ID, claim);
  object.evict();
  assert.equal((await store.perform(ID, { ...claim, flight: 'b' })).answer, 'held');
});

test('what could not be written has not happened, and wakes nobody', async () => {
  const { store, object } = scene();
  await store.perform(ID, claim);
  let woken = false;
  const waiting = store.wait(ID, look, AbortSignal.timeout(5000)).then(() => (woken = true));
  object.full = true;
  await assert.rejects(async () => store.perform(ID, publish), /full/);
  assert.equal((await store.perform(ID, { verb: 'look', ...look })).answer, 'held');
  assert.equal(woken, false);
  object.full = false;
  await store.perform(ID, publish);
  await waiting;
});

test('a wait whose call fails is asked again', async () => {
  const { namespace, store } = scene();
  await store.perform(ID, publish);
  namespace.faults.push(fails, async () => new Response('not found', { status: 404 }));
  assert.equal((await store.wait(ID, look, AbortSignal.timeout(5000))).answer, 'newer');
  assert.equal(namespace.calls, 4);
});

test('a wait ends with its signal, also between two calls that fail', async () => {
  const { namespace, store } = scene();
  for (let time = 0; time < 100; time++) namespace.faults.push(fails);
  const enough = new AbortController();
  const waiting = store.wait(ID, look, enough.signal);
  setTimeout(() => enough.abort('enough'), 20);
  const ended = waiting.catch((reason) => reason);
  assert.equal(await Promise.race([ended, delay(80, 'still waiting')]), 'enough');
  assert.equal(namespace.calls, 1);
});

test('an object that does not answer in time has not answered', async () => {
  const { namespace, store } = scene({ timeout: 0.2 });
  namespace.faults.push(() => new Promise(() => {}));
  await assert.rejects(async () => store.perform(ID, claim), { name: 'TimeoutError' });
  assert.equal((await store.perform(ID, claim)).answer, 'granted');
});

for (const [what, response] of Object.entries({
  'a page': new Response('<p>Hello'),
  'something else': Response.json({ hello: 'world' }),
  'nothing': Response.json(null),
  'an error status': Response.json({ answer: 'granted' }, { status: 500 }),
})) {
  test(`an object of another class, which answers with ${what}, has not answered`, async () => {
    const { namespace, store } = scene();
    namespace.faults.push(async () => response);
    await assert.rejects(async () => store.perform(ID, claim));
  });
}

test('a binding that is missing is named loudly, once, and is no answer', async (t) => {
  const error = mock.method(console, 'error', () => {});
  t.after(() => error.mock.restore());
  const { TOKENKEEP } = {} as { TOKENKEEP: RecordNamespace };
  const store = durableObjectStore({ namespace: TOKENKEEP });
  const events: AuthEvent[] = [];
  store.attach?.({ maxAge: DAY, onEvent: (event) => events.push(event) });
  assert.equal(error.mock.callCount(), 0);
  await assert.rejects(async () => store.perform(ID, claim), /got no namespace/);
  await assert.rejects(async () => store.perform(ID, claim), /got no namespace/);
  assert.deepEqual(events.map((event) => event.type === 'storeMisconfigured' && event.setting), ['namespace']);
  assert.equal(error.mock.callCount(), 1);
});
