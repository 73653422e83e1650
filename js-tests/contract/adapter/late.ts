/** What happens when the head of the answer has been sent. */
import assert from 'node:assert/strict';
import { type Facts, type World, assertFresh, assertRenewed } from './world.ts';

/** What must write a cookie says so before it does anything. */
async function refuses(world: World, path: string): Promise<void> {
  const user = await world.signIn();
  const page = await user.browser.get(path);
  assert.equal(page.text, 'first ERR_HEADERS_SENT');
  const { login, logout } = world.provider.counters;
  assert.deepEqual({ login, logout, setCookie: page.setCookie }, { login: 0, logout: 0, setCookie: [] });
  await assertFresh(user);
}

export const lateFacts: Facts = {
  'a renewal that comes too late for its cookie is used, is an event, and is adopted by the next request': async (world) => {
    const { browser, email, session } = await world.signIn();
    const page = await browser.get('/late-refresh');
    assert.deepEqual([page.status, page.text, page.setCookie], [200, 'first refreshed', []]);
    const pending = (await world.eventsOf(session)).filter(({ type }) => type === 'handoffPending');
    assert.deepEqual(pending, [{ type: 'handoffPending', sessionId: session.id, generation: 1 }]);

    await world.expire();
    const next = await browser.get('/me');
    assert.equal(next.body.email, email);
    assertRenewed(next);
    assert.equal((await world.eventsOf(session)).filter(({ type }) => type === 'adopted').length, 1);
  },

  'a login that comes too late throws ERR_HEADERS_SENT and does nothing': (world) => refuses(world, '/late-login'),
  'a logout that comes too late throws ERR_HEADERS_SENT and does nothing': (world) => refuses(world, '/late-logout'),

  'a client that goes away during a renewal loses nothing: its next request adopts it': async (world) => {
    const { browser, email } = await world.signInAndExpire();
    world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
    const leaving = new AbortController();
    const left = assert.rejects(browser.get('/me', { signal: leaving.signal }), { name: 'AbortError' });
    await world.provider.faults.whenHeld(1);
    leaving.abort();
    await left;
    world.provider.faults.release();
    const page = await browser.get('/me');
    assert.equal(page.body.email, email);
    assert.match(page.body.how, /^(adopted|waited)$/);
    assertRenewed(page);
    assert.equal(world.refreshes, 1);
  },
};
