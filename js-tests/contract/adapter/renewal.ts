/** Requests with an expired token: one renewal, and its cookie on whatever the answer is. */
import assert from 'node:assert/strict';
import { type Facts, assertFresh, assertRenewed, sessionCookies } from './world.ts';

/** Base64 of a session does not shrink: this much of it is several cookies. */
const LARGE = 'x'.repeat(9_000);

export const renewalFacts: Facts = {
  'an expired token is renewed once, and the answer has one session cookie and must not be cached': async (world) => {
    const user = await world.signInAndExpire();
    const page = await user.browser.get('/me');
    assert.deepEqual([page.status, page.body], [200, { email: user.email, how: 'refreshed' }]);
    assertRenewed(page);
    await assertFresh(user);
    assert.equal(world.refreshes, 1);
  },

  'a session in several chunks is written whole and once': async (world) => {
    const user = await world.signIn();
    await user.browser.post('/update', LARGE);
    const names = [...user.browser.cookies.keys()];
    assert.ok(names.length > 1);
    await world.expire();
    const page = await user.browser.get('/me');
    assert.deepEqual([...sessionCookies(page).keys()].sort(), names.sort());
    assert.equal((await user.browser.get('/state')).body.session.data, LARGE);
  },

  'chunks that are no longer needed are deleted': async (world) => {
    const user = await world.signIn();
    await user.browser.post('/update', LARGE);
    const before = [...user.browser.cookies.keys()];
    await user.browser.post('/update', 'small');
    assert.equal(user.browser.cookies.size, 1);
    assert.deepEqual((await user.browser.get('/state')).body.session.data, 'small');
    assert.ok(before.length > 2, before.join());
  },

  'cookies, caching and Vary of the application survive': async (world) => {
    const { browser } = await world.signInAndExpire();
    const page = await browser.get('/decorated');
    assertRenewed(page);
    const others = page.setCookie.filter((line) => !line.startsWith('__Host-')).map((line) => line.split(';', 1)[0]);
    assert.deepEqual(others.sort(), ['language=en', 'theme=dark']);
    assert.match(page.headers.get('vary') ?? '', /Accept-Language/i);
  },
};
