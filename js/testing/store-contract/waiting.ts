/** Waiting: woken by whatever ends a lease. On real time, since waiting is. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoreAnswer } from '../../store.ts';
import { expect, rule, type Rules, type SessionUnderTest } from './session.ts';

/** Long enough for any store to be waiting. */
const SETTLED_MS = 60;

/** What somebody who waits gets once `act` has been performed. */
async function wokenBy(
  session: SessionUnderTest,
  act: () => Promise<StoreAnswer>,
): Promise<StoreAnswer | undefined> {
  await session.claim('a');
  const answer = session.wait();
  await delay(SETTLED_MS);
  await act();
  return answer;
}

export const waiting: Rules = {
  'nobody waits where nobody renews': rule(async (session) => {
    assert.deepEqual(await session.wait(), { answer: 'released' });
    await session.publish('a', 1);
    expect(await session.wait(0), 'newer');
    await session.end('a');
    expect(await session.wait(1), 'ended');
  }),

  'a publication wakes with the tokens': rule(async (session) => {
    const answer = await wokenBy(session, () => session.publish('a', 1, 'sealed'));
    assert.equal(expect(answer, 'newer').tokens, 'sealed');
  }),

  'a failure wakes with the pause, a release with nothing': rule(async (session) => {
    expect(await wokenBy(session, () => session.fail('a', 0)), 'coolDown');
    const other = session.another();
    const answer = await wokenBy(other, () => other.fail('a', null));
    assert.deepEqual(answer, { answer: 'released' });
  }),

  'the end of the session wakes': rule(async (session) => {
    expect(await wokenBy(session, () => session.end('b')), 'ended');
  }),

  'the end of a lease wakes': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 150 });
    assert.deepEqual(await session.wait(), { answer: 'released' });
  }),

  'an extended lease keeps waiting': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 150 });
    const answer = session.wait(0, { patienceMs: 400 });
    await session.extend('a', 30_000);
    assert.equal(await answer, undefined);
  }),

  'a publication that is not newer than what the waiter has still ends the wait': rule(async (session) => {
    await session.claim('a', 4);
    const answer = session.wait(4);
    await delay(SETTLED_MS);
    await session.publish('a', 4);
    assert.deepEqual(await answer, { answer: 'released' });
  }),

  'draining waits for the lease although the session has ended': rule(async (session) => {
    await session.claim('a');
    await session.end('b');
    const answer = session.wait(0, { drain: true });
    expect(await session.wait(0), 'ended');
    assert.equal(await Promise.race([answer, delay(SETTLED_MS, 'waiting')]), 'waiting');
    await session.end('a', null, { revoked: true });
    assert.equal(expect(await answer, 'ended').revoked, true);
  }),

  'draining waits for the lease although there are newer tokens': rule(async (session) => {
    await session.publish('a', 1);
    await session.claim('a', 1);
    assert.equal(await session.wait(0, { drain: true, patienceMs: 100 }), undefined);
    await session.fail('a');
    expect(await session.wait(0, { drain: true }), 'newer');
  }),

  'a hundred who wait are all woken': rule(async (session) => {
    await session.claim('a');
    const answers = Promise.all(Array.from({ length: 100 }, () => session.wait()));
    await delay(SETTLED_MS);
    await session.publish('a', 1);
    for (const answer of await answers) expect(answer, 'newer');
  }),

  'a publication is not missed by somebody who is just beginning to wait': rule(async (session) => {
    for (let round = 0; round < 50; round++) {
      const one = session.another();
      await one.claim('a');
      const [answer] = await Promise.all([
        one.wait(0, { patienceMs: 5000 }),
        delay(round % 5).then(() => one.publish('a', 1)),
      ]);
      expect(answer, 'newer');
    }
  }),

  'somebody who gives up stops waiting with their own reason; the others go on': rule(async (session) => {
    await session.claim('a');
    const patience = new AbortController();
    const left = session.waitUntil(patience.signal);
    const stayed = session.wait();
    const rejected = assert.rejects(left, (reason) => reason === 'enough');
    await delay(SETTLED_MS);
    patience.abort('enough');
    await rejected;
    await session.publish('a', 1);
    expect(await stayed, 'newer');
  }),

  'somebody who has given up before does not begin to wait': rule(async (session) => {
    await session.claim('a');
    const reason = new Error('enough');
    await assert.rejects(session.waitUntil(AbortSignal.abort(reason)), reason);
  }),
};
