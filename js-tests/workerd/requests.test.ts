/** Several requests of one isolate: none may do I/O for another, and each ends with its client unless it asked to be kept. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertRenewed, World } from '../contract/adapter/world.ts';
import type { Page } from '../support/browser.ts';
import { ARRIVED_MS, visit } from '../support/leaving.ts';
import { startWorker } from '../support/worker.ts';

for (const compatibility of ['today', 'before2024'] as const) {
  describe(`a Worker with the rules of ${compatibility}`, () => {
    let world: World;
    before(async () => {
      world = await World.start((environment) => startWorker(environment, compatibility));
    });
    after(() => world?.[Symbol.asyncDispose]());

    test('two requests at once with one expired token cost one renewal', async () => {
      const { browser, email } = await world.signInAndExpire();
      const pages = await browser.parallel(2, '/me');
      assert.deepEqual(pages.map(({ body }) => body.how).sort(), ['refreshed', 'waited']);
      for (const page of pages) assertServed(page, email);
      assert.equal(world.refreshes, 1);
    });

    test('the client of the request that renews goes away: it is kept, and the one that waits is served', async () => {
      const { browser, email } = await world.signInAndExpire();
      world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
      const leave = visit(`${world.url}/me`, browser);
      await world.provider.faults.whenHeld(1);
      const follower = browser.get('/me');
      await delay(ARRIVED_MS);
      await leave();
      world.provider.faults.release();
      const page = await follower;
      assertServed(page, email);
      assert.equal(page.body.how, 'waited');
      assert.equal(world.refreshes, 1);
    });

    test('the client of a request that waits goes away: the others are served', async () => {
      const { browser, email } = await world.signInAndExpire();
      world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
      const leader = browser.get('/me');
      await world.provider.faults.whenHeld(1);
      const leave = visit(`${world.url}/me`, browser);
      const follower = browser.get('/me');
      await delay(ARRIVED_MS);
      await leave();
      world.provider.faults.release();
      for (const page of await Promise.all([leader, follower])) assertServed(page, email);
      assert.equal(world.refreshes, 1);
    });

    test('a logout waits for a renewal that another request has begun, and revokes what it brings', async () => {
      const { browser } = await world.signIn();
      const old = browser.cookies;
      world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
      const renewing = browser.old(old).get('/forced');
      await world.provider.faults.whenHeld(1);
      const leaving = browser.old(old).post('/logout');
      await delay(ARRIVED_MS);
      world.provider.faults.release();
      assert.equal((await leaving).status, 200);
      assert.deepEqual((await renewing).body, { code: 'ERR_SIGNED_OUT' });
      assert.deepEqual((await browser.old(old).get('/state')).body, { session: null, how: null });
      const { logout, refresh } = world.provider.counters;
      assert.deepEqual({ logout, refresh }, { logout: 1, refresh: 1 });
    });
  });
}

function assertServed(page: Page, email: string): void {
  assert.deepEqual([page.status, page.body?.email], [200, email], page.text);
  assertRenewed(page);
}
