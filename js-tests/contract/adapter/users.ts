/** Signing in and out, many requests and many users. */
import assert from 'node:assert/strict';
import { type Facts, assertFresh, assertRenewed, sessionCookies } from './world.ts';

export const userFacts: Facts = {
  'twenty requests at once with one expired token cost one renewal': async (world) => {
    const { browser, email } = await world.signInAndExpire();
    const pages = await browser.parallel(20, '/me');
    assert.deepEqual(new Set(pages.map(({ body }) => body.email)), new Set([email]));
    for (const page of pages) assertRenewed(page);
    assert.equal(world.refreshes, 1);
  },

  'sub-requests of a request that renewed do not renew again': async (world) => {
    const { browser, email } = await world.signInAndExpire();
    const page = await browser.get('/sub');
    assert.equal(page.status, 200, page.text);
    assert.deepEqual(page.body.map((answer: { email: string }) => answer.email), [email, email, email]);
    assert.equal(world.refreshes, 1);
    assertRenewed(page);
  },

  'three users at once never mix': async (world) => {
    const users = [await world.signIn(), await world.signIn(), await world.signIn()];
    await world.expire();
    const rounds = users.flatMap((user) => Array.from({ length: 5 }, () => user));
    await Promise.all(
      rounds.map(async ({ browser, email }) => {
        const [me] = await Promise.all([browser.get('/me'), browser.get('/decorated')]);
        assert.equal(me.body.email, email);
      }),
    );
    for (const user of users) await assertFresh(user);
    assert.equal(world.refreshes, users.length);
  },

  'a login sets a cookie that scripts and other sites do not get, for seven days': async (world) => {
    const { email, password } = await world.signIn();
    const page = await world.browser().post('/login', { email, password });
    assert.equal(page.status, 200);
    assertRenewed(page);
    const [line = ''] = page.setCookie;
    const attributes = line.toLowerCase().split(/; ?/).slice(1).sort();
    assert.deepEqual(attributes, ['httponly', 'max-age=604800', 'path=/', 'samesite=lax', 'secure']);
  },

  'a login that the provider refuses is a typed error and writes nothing': async (world) => {
    const { email } = await world.signIn();
    const page = await world.browser().post('/login', { email, password: 'wrong' });
    assert.deepEqual([page.status, page.body, page.setCookie], [400, { code: 'ERR_LOGIN_REJECTED' }, []]);
  },

  'a logout deletes the cookie, tells the provider, and the cookie is worth nothing any more': async (world) => {
    const { browser } = await world.signIn();
    const before = browser.cookies;
    const page = await browser.post('/logout');
    assert.equal(page.status, 200, page.text);
    assert.deepEqual([...sessionCookies(page)], [...before.keys()].map((name) => [name, '']));
    assert.equal(browser.cookies.size, 0);
    assert.equal(world.provider.counters.logout, 1);
    assert.deepEqual((await browser.old(before).get('/state')).body, { session: null, how: null });
  },

  'a renewal that the application forces is done at once': async (world) => {
    const user = await world.signIn();
    const page = await user.browser.get('/forced');
    assert.deepEqual(page.body, { how: 'refreshed', generation: 1 });
    assertRenewed(page);
    await assertFresh(user);
  },

  'a page can ask for a renewal with a POST from its own site': async (world) => {
    const user = await world.signIn();
    assert.equal((await user.browser.get('/renew')).status, 405);
    const foreign = await user.browser.post('/renew', {}, { headers: { 'sec-fetch-site': 'cross-site' } });
    assert.equal(foreign.status, 403);
    assert.equal(world.refreshes, 0);
    const page = await user.browser.post('/renew');
    assert.equal(page.status, 200, page.text);
    assert.ok(page.body.expiresAt >= (user.session.expiresAt ?? 0));
    assertRenewed(page);
    await assertFresh(user);
    assert.equal(world.refreshes, 1);
    assert.equal((await world.browser().post('/renew')).status, 401);
  },
};
