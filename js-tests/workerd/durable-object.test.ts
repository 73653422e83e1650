/** Isolates that share their records in Durable Objects: one renewal between them, and none while the objects do not answer. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertFresh, World } from '../contract/adapter/world.ts';
import { Browser } from '../support/browser.ts';
import { ARRIVED_MS } from '../support/leaving.ts';
import { SharedRecords } from '../support/shared-records.ts';
import { assertServed, meetings } from './meetings.ts';

/** Seconds before expiry from which a token is renewed although it works. */
const LEEWAY = 30;
/** Seconds, of the stand-in's access tokens. */
const LIFETIME = 900;

let app: SharedRecords;
let world: World;
before(async () => {
  world = await World.start(async (environment) => (app = await SharedRecords.start(environment)));
});
after(() => world?.[Symbol.asyncDispose]());
afterEach(async () => {
  world.provider.faults.clear();
  await app.setFault('');
});

/** The same browser, whose requests the other isolate serves. */
function elsewhere({ cookies }: Browser): Browser {
  return new Browser(app.otherUrl, cookies);
}

for (const count of [1, 5, 20, 100]) {
  test(`${count} at once with one expired token, over two isolates: one refresh, nobody fails, everybody stays signed in`, async () => {
    const signedIn = await world.signInAndExpire();
    const { browser } = signedIn;
    await app.setFault('');
    const other = elsewhere(browser);
    const half = Math.ceil(count / 2);
    const pages = await Promise.all([browser.parallel(half, '/me'), other.parallel(count - half, '/me')]);
    for (const page of pages.flat()) assertServed(page, signedIn.email);
    assert.equal(world.refreshes, 1);
    assert.equal(pages.flat().filter(({ body }) => body.how === 'refreshed').length, 1);
    // Claim, extend, publish; of everybody else a claim and one wait, however long it takes.
    assert.ok((await app.setFault('')) <= 3 + 2 * (count - 1));
    await assertFresh(signedIn);
  });
}

test('with a store Directus is in json mode in an isolate too: what it issues expires within minutes', async () => {
  const { browser } = await world.signInAndExpire();
  assert.equal((await browser.get('/me')).body.how, 'refreshed');
});

test('somebody who waits in another isolate asks once more every two seconds and is told at once', async () => {
  const signedIn = await world.signInAndExpire();
  world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
  const leader = signedIn.browser.get('/me');
  await world.provider.faults.whenHeld(1);
  await app.setFault('');
  const follower = elsewhere(signedIn.browser).get('/me');
  await delay(2500);
  assert.equal(await app.setFault(''), 3, 'a claim and two waits');
  const released = performance.now();
  world.provider.faults.release();
  for (const page of await Promise.all([leader, follower])) assertServed(page, signedIn.email);
  assert.ok(performance.now() - released < 1000);
  assert.equal(world.refreshes, 1);
});

meetings('in two isolates', () => ({ world, first: app.url, second: app.otherUrl }));

for (const fault of ['throws', 'hangs', 'forgets to answer'] as const) {
  test(`an object that ${fault}: a token that works is served, nothing is sent, nobody is signed out`, async () => {
    const eager = await world.signIn();
    const old = eager.browser.cookies;
    await world.pass(LIFETIME - LEEWAY / 2);
    await app.setFault(fault);
    const page = await eager.browser.get('/me');
    assert.deepEqual([page.body, page.setCookie], [{ email: eager.email, how: 'kept' }, []]);

    await world.pass(LEEWAY);
    const [refused, members] = await Promise.all([eager.browser.get('/me'), eager.browser.get('/members')]);
    assert.deepEqual([refused.status, refused.body, refused.setCookie], [400, { code: 'ERR_STORE' }, []]);
    assert.equal(members.status, 503);
    assert.equal(world.refreshes, 0);

    await app.setFault('');
    const healed = await eager.browser.old(old).get('/me');
    assertServed(healed, eager.email);
    assert.equal(world.refreshes, 1);
  });
}

test('tokens that no object takes: their isolate has them at once, the other one when objects answer again', async () => {
  const signedIn = await world.signInAndExpire();
  const { browser } = signedIn;
  const late = browser.old(browser.cookies);
  const lateElsewhere = elsewhere(browser);
  world.provider.faults.next('POST /auth/refresh', { kind: 'hang' });
  const leader = browser.get('/me');
  await world.provider.faults.whenHeld(1);
  const waiting = [browser.old(browser.cookies).get('/me'), elsewhere(browser).get('/me')] as const;
  await delay(ARRIVED_MS);
  await app.setFault('throws');
  world.provider.faults.release();
  for (const page of await Promise.all([leader, waiting[0]])) assertServed(page, signedIn.email);
  assertServed(await late.get('/me'), signedIn.email);
  assert.deepEqual((await lateElsewhere.get('/me')).body, { code: 'ERR_STORE' });

  await app.setFault('');
  assertServed(await waiting[1], signedIn.email);
  assertServed(await lateElsewhere.get('/me'), signedIn.email);
  assert.equal(world.refreshes, 1);
});

test('records survive the objects and the process: an old cookie gets the newest tokens, an ended session stays ended', async () => {
  const kept = await world.signInAndExpire();
  const old = kept.browser.cookies;
  assertServed(await kept.browser.get('/me'), kept.email);
  const left = await world.signIn();
  const leftCookies = left.browser.cookies;
  assert.equal((await left.browser.get('/forced')).status, 200);
  assert.equal((await left.browser.post('/logout')).status, 200);
  world.provider.resetCounters();
  await app.restart();

  const page = await new Browser(app.url, old).get('/me');
  assertServed(page, kept.email);
  assert.equal(page.body.how, 'adopted');
  const { body } = await new Browser(app.otherUrl, leftCookies).get('/forced');
  assert.deepEqual(body, { code: 'ERR_SIGNED_OUT' });
  assert.equal(world.refreshes, 0);
});

