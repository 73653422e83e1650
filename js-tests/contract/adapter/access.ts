/** Who may come in, and what a user is told while the provider is away. */
import assert from 'node:assert/strict';
import { type Facts, assertFresh } from './world.ts';

/** Longer than the pause after a failed renewal, in seconds. */
const COOL_DOWN = 5;

export const accessFacts: Facts = {
  'require lets a signed-in user in': async (world) => {
    const { browser, session } = await world.signIn();
    for (const path of ['/private', '/members']) {
      const page = await browser.get(path);
      assert.deepEqual([page.status, page.body], [200, { session }]);
    }
  },

  'require sends a visitor to the login page, or answers 401': async (world) => {
    const page = await world.browser().get('/private');
    assert.ok(page.status === 303 || page.status === 307, `it was answered with ${page.status}`);
    assert.match(page.headers.get('location') ?? '', /^(http:\/\/[^/]+)?\/login$/);
    assert.equal((await world.browser().get('/members')).status, 401);
  },

  'while the provider is away require answers 503, and the session is kept': async (world) => {
    const user = await world.signInAndExpire();
    await world.provider.goOffline();
    try {
      const page = await user.browser.get('/private');
      assert.deepEqual([page.status, page.setCookie], [503, []]);
      assert.equal((await user.browser.post('/renew')).status, 503);
      const { body } = await user.browser.get('/me');
      assert.match(body.code, /^ERR_(TRANSPORT|PROVIDER_UNAVAILABLE)$/);
      assert.equal((await user.browser.get('/state')).body.session.id, user.session.id);
    } finally {
      await world.provider.goOnline();
    }
    await world.pass(COOL_DOWN);
    const page = await user.browser.get('/me');
    assert.equal(page.body.email, user.email);
    await assertFresh(user);
  },
};
