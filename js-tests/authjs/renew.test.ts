/** A renewal that the page asks for, in all its forms. */
import './virtual-time.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser } from '../races/browser.ts';
import { eachSignedIn, type Scene } from './scene.ts';

let scene: Scene;
let browser: Browser;
const renewals = eachSignedIn((...current) => ([scene, browser] = current));

const crossSite = { 'sec-fetch-site': 'cross-site' };
const sameOrigin = { 'sec-fetch-site': 'same-origin' };

test('the route renews a token that is fresh, and answers when the new one expires, without it', async () => {
  const response = await scene.post(browser, '/renew');
  assert.equal(response.status, 200);
  const answer = (await response.json()) as { expiresAt: number };
  assert.deepEqual(Object.keys(answer), ['expiresAt']);
  assert.ok(answer.expiresAt > Date.now() + 890_000);
  assert.equal(renewals(), 1);
  assert.equal((await scene.get(browser, '/')).status, 200);
  assert.equal(renewals(), 1);
});

test('ten at once are one refresh', async () => {
  await scene.expire();
  const answers = await Promise.all(Array.from({ length: 10 }, () => scene.post(browser, '/renew')));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(renewals(), 1);
});

test('the route is for POST from this site, and for who is signed in', async () => {
  assert.equal((await scene.get(browser, '/renew')).status, 405);
  assert.equal((await scene.post(browser, '/renew', crossSite)).status, 403);
  assert.equal((await scene.post(new Browser((request) => fetch(request)), '/renew')).status, 401);
  assert.equal(renewals(), 0);
});

test('a renewal that fails is 503 with a time, and the tokens stay what they were', async () => {
  scene.proxy.faults.set('POST /token', { kind: 'status', status: 503 });
  const response = await scene.post(browser, '/renew');
  assert.equal(response.status, 503);
  assert.ok(Number(response.headers.get('retry-after')) >= 1);
  assert.deepEqual(response.headers.getSetCookie(), []);
  assert.equal((await scene.session(browser))?.error, undefined);
  assert.equal((await scene.get(browser, '/')).status, 200);
});

test('?query=update-token-data renews, once in a request', async () => {
  const response = await scene.get(browser, '/?query=update-token-data', sameOrigin);
  assert.equal(response.status, 200);
  assert.equal(response.headers.getSetCookie().length, 1);
  assert.equal(renewals(), 1);
  await scene.get(browser, '/auth/session?query=update-token-data', sameOrigin);
  assert.equal(renewals(), 2);
});

test('the `query` header renews', async () => {
  await scene.get(browser, '/', { ...sameOrigin, query: 'update-token-data' });
  assert.equal(renewals(), 1);
  await scene.get(browser, '/', { ...sameOrigin, query: 'something else' });
  assert.equal(renewals(), 1);
});

test("Auth.js' own update renews, and keeps the tokens when that fails", async () => {
  assert.equal((await scene.post(browser, '/auth/session')).status, 200);
  assert.equal(renewals(), 1);
  scene.proxy.faults.set('POST /token', { kind: 'status', status: 503 });
  const response = await scene.post(browser, '/auth/session');
  assert.equal(((await response.json()) as { error?: string }).error, undefined);
  assert.equal((await scene.get(browser, '/')).status, 200);
});

test('none of them renews for another site', async () => {
  await scene.get(browser, '/?query=update-token-data', crossSite);
  await scene.get(browser, '/', { ...crossSite, query: 'update-token-data' });
  await browser.request(scene.url('/auth/session'), { method: 'POST', headers: { ...crossSite, 'content-type': 'application/json' }, body: '{}' });
  assert.equal(renewals(), 0);
});
