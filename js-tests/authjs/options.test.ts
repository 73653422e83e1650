/** Options of `rotation`, and what is left without its `handle`. */
import './virtual-time.ts';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pass } from '../races/clock.ts';
import { Scene, type SceneOptions } from './scene.ts';

async function started(t: TestContext, options: SceneOptions): Promise<Scene> {
  const scene = await Scene.start(options);
  t.after(() => scene.close());
  return scene;
}

test('a token is renewed by its age, half an hour, though it lives for two', async (t) => {
  const scene = await started(t, { accessTokenTtl: 7200, options: { refresh: { maxTokenAge: 1800 } } });
  const browser = await scene.signedIn();
  await pass(1700);
  assert.equal((await scene.get(browser, '/')).status, 200);
  assert.equal(scene.refreshes, 0);
  await pass(101);
  assert.equal((await scene.get(browser, '/')).status, 200);
  assert.equal((await scene.get(browser, '/')).status, 200);
  assert.equal(scene.refreshes, 1);
});

test('the access token and its expiry are in the session if that is asked for; the refresh token never', async (t) => {
  const scene = await started(t, { options: { exposeAccessToken: true } });
  const browser = await scene.signedIn();
  const { accessToken, accessTokenExpiresAt = 0 } = (await scene.session(browser)) ?? {};
  const headers = { authorization: `Bearer ${accessToken}` };
  assert.equal((await fetch(`${scene.oidc.url}/api/me`, { headers })).status, 200);
  assert.ok(Math.abs(accessTokenExpiresAt - (Date.now() + 900_000)) < 10_000);
  const answer = await scene.oidc.signIn('another');
  const login = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) };
  assert.equal((await browser.request(scene.url('/login'), login)).status, 204);
  const text = await (await scene.get(browser, '/auth/session')).text();
  assert.ok(text.includes(answer.access_token as string));
  assert.ok(!text.includes(answer.refresh_token as string));
});

test("a claim that the application's callback changes in its place reaches the browser, once", async (t) => {
  const scene = await started(t, { changesItsMind: true });
  const browser = await scene.signedIn();
  const first = await scene.get(browser, '/');
  assert.equal(first.headers.getSetCookie().length, 1);
  const second = await scene.get(browser, '/auth/session');
  assert.deepEqual(second.headers.getSetCookie(), []);
  assert.equal(((await second.json()) as { claims: object }).claims['favourite' as never], 'coffee');
});

test("the Auth.js session slides although nothing changes: after a tenth of its 30 days its cookie is set anew", async (t) => {
  const day = 86_400;
  const scene = await started(t, { accessTokenTtl: 60 * day });
  const browser = await scene.signedIn();
  await pass(2 * day);
  assert.deepEqual((await scene.get(browser, '/')).headers.getSetCookie(), []);
  await pass(1.1 * day);
  assert.equal((await scene.get(browser, '/')).headers.getSetCookie().length, 1);
  assert.deepEqual((await scene.get(browser, '/')).headers.getSetCookie(), []);
  assert.equal(scene.refreshes, 0);
});

test('without the handle: one refresh, and an older cookie that is set late is healed by the record', async (t) => {
  const scene = await started(t, { withoutHandle: true });
  const browser = await scene.signedIn();
  const late = browser.snapshot();
  assert.equal((await scene.post(browser, '/auth/session')).status, 200);
  assert.equal(scene.refreshes, 1);
  // Auth.js sets what the late request came with, over the newer cookie.
  assert.equal((await scene.get(late, '/auth/session')).headers.getSetCookie().length, 1);
  await scene.expire();
  const old = late.snapshot();
  const sessions = await Promise.all([scene.session(browser), scene.session(late), scene.session(old)]);
  assert.ok(sessions.every((session) => session && !session.error));
  assert.equal(scene.refreshes, 2);
});
