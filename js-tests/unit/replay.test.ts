/** What an old cookie leads to whose successor has been in use (`replay`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestPort } from '../../js/auth.ts';
import { applyCookies } from '../../js/cookies.ts';
import { signIn, tokenAnswer } from '../support/core.ts';
import { later, portOf, setUp } from '../support/request.ts';

/** An old cookie, whose successor has been in use, comes again so many seconds later. */
async function replayed(replay: 'serve' | 'refuse' | 'end', { seconds = 120, more = {} as Partial<RequestPort> } = {}) {
  const { manager, asked, events } = setUp([tokenAnswer(), tokenAnswer('second'), new Response(null, { status: 204 })], { replay });
  const old = await signIn(manager);
  const first = portOf({ cookies: old });
  await (await manager.forRequest(first.port)).getAccessToken({ refresh: true });
  const newest = applyCookies(old, first.written);
  await manager.forRequest(portOf({ cookies: newest }).port);
  const again = portOf({ cookies: old });
  let session: unknown;
  let others: unknown;
  await later(seconds, async () => {
    session = (await manager.forRequest({ ...again.port, ...more })).session;
    others = (await manager.forRequest(portOf({ cookies: newest }).port)).session;
  });
  const told = events.filter(({ type }) => type === 'reuseDetected').length;
  return { isServed: session !== null, areOthersServed: others !== null, told, written: again.written.length, asked: asked.length };
}

test('a replay is told, and refused or the end of the session where that is asked for, also while its token works', async () => {
  assert.deepEqual(await replayed('serve'), { isServed: true, areOthersServed: true, told: 1, written: 0, asked: 2 });
  assert.deepEqual(await replayed('refuse'), { isServed: false, areOthersServed: true, told: 1, written: 0, asked: 2 });
  assert.deepEqual(await replayed('end'), { isServed: false, areOthersServed: false, told: 1, written: 1, asked: 3 });
});

test('a replay is refused, or ends the session, also where nothing may be renewed', async () => {
  for (const seconds of [120, 901]) {
    const { isServed, told } = await replayed('refuse', { seconds, more: { renews: 'never' } });
    assert.deepEqual({ isServed, told }, { isServed: false, told: 1 });
    assert.equal((await replayed('end', { seconds, more: { renews: 'never' } })).areOthersServed, false);
  }
});
