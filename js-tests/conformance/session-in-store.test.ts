import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'node:test';
import { directus } from '../../js/directus.ts';
import { processState } from '../../js/process-state.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import { startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { nextSecond } from './main-job/world.ts';

const admin = { email: 'admin@example.com', password: 'password' };

async function world(context: test.TestContext, accessTokenTtl = 900) {
  const provider = await startDirectusStandIn({ accessTokenTtl });
  context.after(() => provider.close());
  const app = await startApp({ provider: directus({ url: provider.url }), session: { in: 'store' } });
  context.after(() => app.close());
  const browser = new Browser(app.url);
  const login = await browser.post('/login', admin);
  assert.equal(login.status, 200);
  return { provider, app, browser, login };
}

test('the cookie names the record and is too small to hold a token', async (context) => {
  const { browser, login } = await world(context);
  assert.equal(login.setCookie.length, 1);
  assert.ok((login.setCookie[0] as string).length < 350, `${login.setCookie[0]?.length} characters`);
  const page = await browser.get('/me');
  assert.deepEqual([page.status, page.body.data.email, page.body.how], [200, admin.email, 'fresh']);
  assert.deepEqual(page.setCookie, [], 'a fresh request writes nothing');
});

test('twenty requests after expiry make one refresh, and the cookie stays what it was', async (context) => {
  const { provider, browser } = await world(context, 2);
  await delay(2_000);
  await nextSecond();
  provider.resetCounters();
  const pages = await browser.parallel(20, '/me');
  assert.deepEqual(pages.map((page) => page.status), Array(20).fill(200));
  assert.equal(provider.counters.refresh, 1);
  assert.deepEqual(pages.flatMap((page) => page.setCookie), []);
});

test('after a logout the cookie opens nothing, and the newest refresh token is revoked', async (context) => {
  const { provider, browser } = await world(context);
  const old = browser.old(browser.cookies);
  assert.equal((await browser.post('/logout', {})).status, 200);
  assert.equal(provider.counters.logout, 1);
  assert.deepEqual((await old.get('/data')).body, { session: null, how: null });
});

test('what the store has lost is signed out, cleanly', async (context) => {
  const { browser, app } = await world(context);
  processState().records.clear();
  const page = await browser.get('/data');
  assert.deepEqual([page.status, page.body.session], [200, null]);
  assert.deepEqual(app.events.filter((event) => event.type === 'refreshFailed'), []);
});

test('own data stays in the cookie', async (context) => {
  const { browser } = await world(context);
  assert.equal((await browser.post('/update', { theme: 'dark' })).status, 200);
  assert.deepEqual((await browser.get('/data')).body.session.data, { theme: 'dark' });
});
