import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { directusFaults } from '../../../js/testing.ts';
import type { Fault } from '../../../js/testing.ts';
import type { Rows, World } from './world.ts';
import { COOL_DOWN_MS, assertRetryable, assertServed, assertSignedOut, deletions, nextSecond, untilExpiry, untilLeeway } from './world.ts';

const REFRESH = 'POST /auth/refresh';

interface Outage {
  readonly begin: (world: World) => void | Promise<void>;
  readonly end: (world: World) => void | Promise<void>;
  /** What a request that needs a token is told. */
  readonly code: string;
  /** Milliseconds after which renewal is tried again. */
  readonly pause?: number;
}

function answering(fault: Fault, code: string, pause = COOL_DOWN_MS): Outage {
  return {
    begin: ({ proxy }) => proxy.faults.set(REFRESH, fault),
    end: ({ proxy }) => proxy.faults.clear(),
    code,
    pause,
  };
}

const outages: Readonly<Record<string, Outage>> = {
  'connections are refused': {
    begin: ({ proxy }) => proxy.goOffline(),
    end: ({ proxy }) => proxy.goOnline(),
    code: 'ERR_TRANSPORT',
  },
  'it answers 503': answering(directusFaults.serviceUnavailable(), 'ERR_PROVIDER_UNAVAILABLE'),
  'it answers 429 with Retry-After': answering(directusFaults.tooManyRequests(3), 'ERR_PROVIDER_UNAVAILABLE', 3_100),
  'it answers 502 with HTML': answering({ kind: 'html' }, 'ERR_PROVIDER_UNAVAILABLE'),
  'it answers 200 with HTML': answering({ kind: 'html', status: 200 }, 'ERR_RESPONSE_INVALID'),
};

/** Signed in and expired when the outage begins; the same session again when it is over. */
async function surviveOutage(world: World, { begin, end, code, pause = COOL_DOWN_MS }: Outage): Promise<void> {
  const { browser, user, session } = await world.signIn();
  await untilExpiry(session);
  await begin(world);
  assertRetryable(await browser.get('/token'), code);
  const attempts = world.refreshes();

  const told = await browser.get('/token');
  assertRetryable(told);
  assert.ok(told.body.retryAfterMs > 0 && told.body.retryAfterMs <= pause, `${told.body.retryAfterMs} ms`);
  const page = await browser.get('/data');
  assert.equal(page.body.session.id, session.id);
  assert.equal((await browser.get('/require')).status, 503);
  assert.equal(world.refreshes(), attempts);

  await end(world);
  await delay(pause);
  assertServed([await browser.get('/me')], user);
  assert.equal((await browser.get('/data')).body.session.id, session.id);
}

const outageRows: Rows = Object.fromEntries(
  Object.entries(outages).map(([what, outage]) => [
    `a refresh while ${what} is a retryable error, and the session works again`,
    (world: World) => surviveOutage(world, outage),
  ]),
);

export const faultRows: Rows = {
  ...outageRows,

  'a token that still works is served while the provider is down': async ({ signIn, proxy }) => {
    const { browser, session } = await signIn('session');
    await untilLeeway(session);
    await proxy.goOffline();
    const pages = await browser.parallel(5, '/token');
    for (const { status, body, setCookie } of pages) assert.deepEqual([status, body.how, setCookie], [200, 'kept', []]);
    await proxy.goOnline();
    await delay(COOL_DOWN_MS);
    assert.equal((await browser.get('/data')).body.how, 'refreshed');
  },

  'a refresh that hangs is a retryable error after maxWait, goes on, and is adopted': async ({ signIn, refreshes, proxy }) => {
    const { app, browser, user, session } = await signIn('json', { refresh: { maxWait: 0.5 } });
    await untilExpiry(session);
    proxy.faults.next(REFRESH, { kind: 'hang', when: 'before' });
    const asked = performance.now();
    const pages = await browser.parallel(5, '/data');
    const waited = performance.now() - asked;
    assert.ok(waited >= 490 && waited < 3_000, `${waited} ms`);
    for (const { body } of pages) assert.equal(body.session.id, session.id);
    assertRetryable(await browser.get('/token'), 'ERR_TIMEOUT');
    assert.equal(refreshes(), 1);

    await nextSecond();
    proxy.faults.release();
    await app.happened('refreshed');
    assertServed([await browser.get('/me')], user);
  },

  'a lost answer in json mode ends in a clean sign-out: no client can win it': async ({ signIn, refreshes, proxy }) => {
    const { browser, session } = await signIn();
    await untilExpiry(session);
    proxy.faults.next(REFRESH, { kind: 'dropResponse' });
    assertRetryable(await browser.get('/token'), 'ERR_TRANSPORT');
    assert.equal((await browser.get('/data')).body.session.id, session.id);
    await delay(COOL_DOWN_MS);
    const page = await browser.get('/data');
    assertSignedOut(page);
    assert.equal(deletions(page).length, 1);
    assert.equal(refreshes(), 2);
  },

  'a lost answer in Directus session mode is asked for again at once': async ({ signIn, refreshes, proxy }) => {
    const { browser, user, session } = await signIn('session');
    await untilLeeway(session);
    proxy.faults.next(REFRESH, { kind: 'dropResponse' });
    const page = await browser.get('/me');
    assertServed([page], user);
    assert.equal(page.body.how, 'refreshed');
    assert.equal(refreshes(), 2);
    assertServed([await browser.get('/me')], user);
  },
};
