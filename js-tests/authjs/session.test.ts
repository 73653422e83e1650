/** What an app with Auth.js and tokenkeep's callbacks sees, and what its visitors get. */
import './virtual-time.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Browser } from '../races/browser.ts';
import { pass } from '../races/clock.ts';
import { eachSignedIn, type Scene } from './scene.ts';

let scene: Scene;
let browser: Browser;
const renewals = eachSignedIn((...current) => ([scene, browser] = current));

function setCookies(response: Response): string[] {
  return response.headers.getSetCookie().map((line) => line.slice(0, line.indexOf('=')));
}

test('who signs in at the provider has a session with own claims, and no token in it', async () => {
  const text = await (await scene.get(browser, '/auth/session')).text();
  const { expires, ...session } = JSON.parse(text);
  assert.equal(session.claims.favourite, 'tea');
  assert.deepEqual(Object.keys(session).sort(), ['claims', 'user']);
  assert.equal((await scene.get(browser, '/')).status, 200);
});

test('a request that changes nothing sets no cookie, and a page that does not is left cacheable', async () => {
  for (const path of ['/', '/auth/session', '/quiet']) {
    const response = await scene.get(browser, path);
    assert.deepEqual(setCookies(response), [], path);
  }
  assert.equal((await scene.get(browser, '/')).headers.get('vary'), null);
});

test('guard, layout and page in one request are one refresh, whose cookie no cache may keep', async () => {
  await scene.expire();
  const response = await scene.get(browser, '/');
  assert.equal(response.status, 200);
  assert.equal(renewals(), 1);
  assert.deepEqual(setCookies(response), ['authjs.session-token']);
  assert.equal(response.headers.get('cache-control'), 'private, no-store');
  assert.match(response.headers.get('vary') ?? '', /Cookie/);
});

test('guard, layout, page and access token of one request run the callback once', async () => {
  const runs = scene.app.count('jwt');
  assert.equal((await scene.get(browser, '/')).status, 200);
  assert.equal(scene.app.count('jwt') - runs, 1);
});

test('sub-requests that read the session are part of the same refresh', async () => {
  await scene.expire();
  const response = await scene.get(browser, '/sub');
  assert.match(await response.text(), /204 204/);
  assert.equal(renewals(), 1);
  assert.deepEqual(setCookies(await scene.get(browser, '/')), []);
  assert.equal(renewals(), 1);
});

test('a session that is first read when the response has begun is used, and the next request adopts it', async () => {
  await scene.expire();
  const response = await scene.get(browser, '/streamed');
  assert.match(await response.text(), /signed in/);
  assert.deepEqual(setCookies(response), []);
  assert.deepEqual(setCookies(await scene.get(browser, '/')), ['authjs.session-token']);
  assert.equal(renewals(), 1);
  assert.equal(scene.app.count('handoffPending'), 1);
});

test('profile and custom claims outlive renewals', async () => {
  const first = await scene.session(browser);
  for (let renewal = 0; renewal < 3; renewal += 1) {
    await scene.expire();
    assert.equal((await scene.get(browser, '/')).status, 200);
  }
  assert.equal(renewals(), 3);
  const { claims, user } = (await scene.session(browser)) ?? {};
  assert.deepEqual({ claims, user }, { claims: first?.claims, user: first?.user });
});

test('an older cookie that arrives late changes nothing', async () => {
  const late = browser.snapshot();
  assert.equal((await scene.post(browser, '/renew')).status, 200);
  const response = await scene.get(late, '/auth/session');
  assert.notEqual(await response.json(), null);
  assert.deepEqual(setCookies(response), []);
});

test('an outage of the provider is an error of the session only while no token works, and signs nobody out', async () => {
  await pass(890);
  scene.proxy.faults.set('POST /token', { kind: 'status', status: 503 });
  assert.equal((await scene.session(browser))?.error, undefined);
  assert.equal((await scene.get(browser, '/')).status, 200);
  await scene.expire();
  assert.equal((await scene.session(browser))?.error, 'ERR_PROVIDER_UNAVAILABLE');
  assert.equal((await scene.get(browser, '/')).status, 503);
  scene.proxy.faults.clear();
  await pass(60);
  const session = await scene.session(browser);
  assert.deepEqual([session?.error, session?.claims.favourite], [undefined, 'tea']);
  assert.equal((await scene.get(browser, '/')).status, 200);
});

test('a session that the provider has ended is over: its cookie is deleted, once', async () => {
  const other = browser.snapshot();
  await scene.expire();
  scene.proxy.faults.set('POST /token', { kind: 'status', status: 400, body: { error: 'invalid_grant' } });
  const ended = await scene.get(browser, '/auth/session');
  assert.equal(await ended.json(), null);
  assert.deepEqual(setCookies(ended), ['authjs.session-token']);
  assert.equal(browser.cookies.includes('session-token'), false);
  const late = await scene.get(other, '/auth/session');
  assert.equal(await late.json(), null);
  assert.deepEqual(setCookies(late), []);
});

test('signing out revokes the newest refresh token, and an older cookie is signed out with it', async () => {
  const late = browser.snapshot();
  await scene.post(browser, '/renew');
  const { revocations } = scene;
  await scene.post(browser, '/auth/signout');
  assert.equal(scene.revocations - revocations, 1);
  assert.equal(await scene.session(browser), null);
  assert.equal(await scene.session(late), null);
});

test('a second sign-in in the same browser ends the first session', async () => {
  const first = browser.snapshot();
  const { revocations } = scene;
  await scene.signIn(browser);
  assert.equal((await scene.get(browser, '/')).status, 200);
  for (let waits = 0; scene.revocations === revocations && waits < 100; waits += 1) await scene.session(browser);
  assert.equal(scene.revocations - revocations, 1);
  assert.equal(await scene.session(first), null);
});
