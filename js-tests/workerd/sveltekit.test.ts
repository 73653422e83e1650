/** SvelteKit in Workers: built by Vite, bundled for workerd, in two isolates that share their records in Durable Objects. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { adapterContract } from '../contract/adapter-contract.ts';
import { assertFresh, assertRenewed, type SignedIn, World } from '../contract/adapter/world.ts';
import { Browser, type Page } from '../support/browser.ts';
import { ARRIVED_MS, visit } from '../support/leaving.ts';
import type { SharedRecords } from '../support/shared-records.ts';
import { startSvelteKitWorker } from '../support/sveltekit-worker.ts';

adapterContract('tokenkeep/sveltekit in workerd', startSvelteKitWorker);

let app: SharedRecords;
let world: World;
before(async () => {
  world = await World.start(async (environment) => (app = await startSvelteKitWorker(environment)));
});
after(() => world?.[Symbol.asyncDispose]());

test('two at once with one expired token, one per isolate: one refresh, both are served', async () => {
  const signedIn = await world.signInAndExpire();
  const { browser } = signedIn;
  const other = new Browser(app.otherUrl, browser.cookies);
  for (const page of await Promise.all([browser.get('/me'), other.get('/me')])) assertServed(page, signedIn);
  assert.equal(world.refreshes, 1);
  await assertFresh(signedIn);
});

for (const [isolate, from, to] of [['first', 'url', 'otherUrl'], ['second', 'otherUrl', 'url']] as const) {
  test(`the client of the request that renews goes away: the ${isolate} isolate keeps the renewal, and who waits in the other one is served`, async () => {
    const signedIn = await world.signInAndExpire();
    const { browser } = signedIn;
    world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
    const leave = visit(`${app[from]}/me`, browser);
    await world.provider.faults.whenHeld(1);
    const follower = new Browser(app[to], browser.cookies).get('/me');
    await delay(ARRIVED_MS);
    await leave();
    world.provider.faults.release();
    const page = await follower;
    assertServed(page, signedIn);
    assert.equal(page.body.how, 'waited');
    assert.equal(world.refreshes, 1);
  });
}

function assertServed(page: Page, { email }: SignedIn): void {
  assert.deepEqual([page.status, page.body?.email], [200, email], page.text);
  assertRenewed(page);
}
