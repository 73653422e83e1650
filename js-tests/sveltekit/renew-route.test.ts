import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { DirectusStandIn } from '../../js/testing.ts';
import { Browser } from '../support/browser.ts';
import type { Page } from '../support/browser.ts';
import { buildFixture, startBuiltApp } from '../support/sveltekit-app.ts';
import type { RunningApp } from '../support/sveltekit-app.ts';
import { TestClock } from '../support/test-clock.ts';

/** Longer than an access token lives, in seconds. */
const A_TOKEN = 901;

let clock: TestClock;
let directus: DirectusStandIn;
let app: RunningApp;
let browser: Browser;

before(async () => {
  clock = new TestClock();
  const folder = await buildFixture('edges');
  directus = await startDirectusStandIn({ now: clock.now });
  const settings = { DIRECTUS_URL: directus.url, TOKENKEEP_SECRET: 'a secret of more than 32 characters' };
  app = await startBuiltApp(folder, { ...settings, ...clock.env, HOST_HEADER: 'x-forwarded-host' });
});

after(async () => {
  await app?.[Symbol.asyncDispose]();
  await directus?.close();
  clock?.[Symbol.dispose]();
});

beforeEach(async () => {
  browser = new Browser(app.url);
  await browser.post('/me', { email: 'admin@example.com', password: 'password' });
  directus.resetCounters();
});

function renew(headers: Record<string, string> = {}): Promise<Page> {
  return browser.post('/renew', {}, { headers });
}

test('a fresh token is renewed, the answer has the new expiry and no token, and the cookie is set', async () => {
  await clock.pass(60);
  const { status, body, headers, setCookie } = await renew();
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['expiresAt']);
  assert.ok(Math.abs(body.expiresAt - clock.now() - 900_000) < 5000);
  assert.equal(headers.get('cache-control'), 'private, no-store');
  assert.equal(setCookie.length, 1);
  assert.equal(directus.counters.refresh, 1);
  assert.equal((await browser.get('/me')).body.how, 'fresh');
});

test('a token that the hook has renewed for this very request is not renewed twice', async () => {
  await clock.pass(A_TOKEN);
  assert.equal((await renew()).status, 200);
  assert.equal(directus.counters.refresh, 1);
});

test('any method but POST is refused', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status, headers } = await browser.get('/renew', { method, headers: { 'content-type': 'application/json' } });
    assert.deepEqual([status, headers.get('allow')], [405, 'POST']);
  }
  assert.equal(directus.counters.refresh, 0);
});

test('whoever is not signed in gets 401', async () => {
  const { status, setCookie } = await new Browser(app.url).post('/renew');
  assert.deepEqual([status, setCookie], [401, []]);
});

test('when the provider fails the answer is 503, and the tokens stay what they were', async () => {
  directus.faults.next('POST /auth/refresh', { kind: 'status', status: 429, retryAfter: 7 });
  const { status, headers, setCookie } = await renew();
  assert.deepEqual([status, headers.get('retry-after'), setCookie], [503, '7', []]);
  assert.equal((await browser.get('/me')).body.who, 'admin@example.com');
});

/** How browsers say where a request comes from, before and since `Sec-Fetch-Site`. */
const senders: ReadonlyArray<[what: string, status: number, headers: () => Record<string, string>]> = [
  ['a page of another site', 403, () => ({ 'sec-fetch-site': 'cross-site' })],
  ['a page of another origin of the same site', 403, () => ({ 'sec-fetch-site': 'same-site' })],
  ["the app's own page", 200, () => ({ 'sec-fetch-site': 'same-origin', origin: 'https://app.example' })],
  ['a page of another site in an older browser', 403, () => ({ origin: 'https://evil.example' })],
  ['a page without an origin in an older browser', 403, () => ({ origin: 'null' })],
  ["the app's own page in an older browser", 200, () => ({ origin: app.url.replace('http:', 'https:') })],
  ["the app's own page in an older browser behind a proxy that replaces Host", 200, () => ({ ...REPLACED, origin: 'https://app.example' })],
  ['a page of another site in an older browser behind such a proxy', 403, () => ({ ...REPLACED, origin: 'https://evil.example' })],
];
const REPLACED = { 'x-forwarded-host': 'app.example' };

for (const [what, expected, headers] of senders) {
  test(`${what} is answered ${expected}`, async () => {
    const { status } = await renew(headers());
    assert.equal(status, expected);
    assert.equal(directus.counters.refresh, expected === 200 ? 1 : 0);
  });
}
