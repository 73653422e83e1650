import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '../../../js/testing.ts';
import type { Browser } from '../../support/browser.ts';
import type { Rows } from './world.ts';
import { assertNoRefreshWasted, assertServed, assertSignedOut, nextSecond, untilExpiry, untilLeeway } from './world.ts';

export const oldCookieRows: Rows = {
  'the old cookie works again one second and fifteen seconds after the refresh': async (world) => {
    const { browser, user, session } = await world.signIn();
    const old = browser.old(browser.cookies);
    await untilExpiry(session);
    await nextSecond();
    assertServed([await browser.get('/me')], user);
    for (const pause of [1_000, 14_000]) {
      await delay(pause);
      assertServed([await old.get('/me', { lost: true })], user);
    }
    assertServed([await browser.get('/me')], user);
    await assertNoRefreshWasted(browser, world);
  },

  'a request that the client aborts after the provider has refreshed does not sign out': async (world) => {
    const { proxy } = world;
    const { browser, user, session } = await world.signIn();
    await untilExpiry(session);
    await abortAfterRefresh(browser, proxy);
    assertServed([await browser.get('/me')], user);
    await assertNoRefreshWasted(browser, world);
  },

  'two responses lost in a row do not sign out': async (world) => {
    const { browser, user, session } = await world.signIn();
    await untilExpiry(session);
    assertServed([await browser.get('/me', { lost: true })], user);
    await delay(2_000);
    assertServed([await browser.get('/me', { lost: true })], user);
    await delay(2_000);
    assertServed([await browser.get('/me')], user);
    assert.ok(world.refreshes() >= 3);
    await assertNoRefreshWasted(browser, world);
  },

  'an older response that arrives last does no harm': async (world) => {
    const { browser, user, session } = await world.signIn();
    await untilExpiry(session);
    const first = await browser.get('/me');
    await delay(2_000);
    const second = await browser.get('/me');
    assertServed([first, second], user);
    browser.receive(first.setCookie);
    const third = await browser.get('/me');
    assertServed([third], user);
    await assertNoRefreshWasted(browser, world);
  },

  'in Directus session mode the old cookie, an aborted and a lost response do no harm inside the leeway': async (world) => {
    const { signIn, refreshes, proxy } = world;
    const { browser, user, session } = await signIn('session');
    await untilLeeway(session);
    const old = browser.old(browser.cookies);
    await abortAfterRefresh(browser, proxy);
    assertServed([await browser.get('/me', { lost: true })], user);
    await delay(1_000);
    assertServed([await browser.get('/me'), await old.get('/me')], user);
    assert.equal(refreshes(), 1);
  },

  'in Directus session mode an expired session is a clean sign-out': async ({ signIn, refreshes }) => {
    const { browser, session } = await signIn('session');
    await untilExpiry(session);
    const pages = await browser.parallel(5, '/data');
    pages.forEach(assertSignedOut);
    assert.equal(pages.filter((page) => page.setCookie.length > 0).length, 1);
    assert.equal(refreshes(), 1, 'Directus has the last word');
    assert.equal(browser.cookies.size, 0);
  },
};

/** Sends a request that renews, and gives it up when the provider has refreshed and its answer is still under way. */
async function abortAfterRefresh(browser: Browser, proxy: FaultProxy): Promise<void> {
  proxy.faults.next('POST /auth/refresh', { kind: 'hang' });
  const leaving = new AbortController();
  const aborted = browser.get('/me', { signal: leaving.signal });
  await proxy.faults.whenHeld();
  leaving.abort();
  await assert.rejects(aborted);
  proxy.faults.release();
}
