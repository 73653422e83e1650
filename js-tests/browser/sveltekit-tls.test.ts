/** The built app behind a proxy that ends TLS and hands on the browser's address in `X-Forwarded-Host`. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { assertRenewedOnce, startStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { startBuiltApp } from '../support/sveltekit-app.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';

const skip = withoutTool('chromium');
/** As adapter-node's documentation has it for such a proxy. */
const PROXY_HEADERS = { PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' };

let stage: Stage;
/** The app's origin. */
let origin: string;
/** Of the same site, as ports play no part in that; the browser sends it the same cookies. */
let neighbour: string;
let page: Page;

before(async () => {
  if (skip) return;
  stage = await startStage({ ignoreHTTPSErrors: true });
  const app = stage.running.use(await startBuiltApp(stage.folder, { ...stage.env, ...PROXY_HEADERS }));
  const proxies = await Promise.all([1, 2].map(() => startTlsProxy(app.url, { host: 'forwarded' })));
  [origin = '', neighbour = ''] = proxies.map((proxy) => stage.running.use(proxy).url);
});

after(() => stage?.[Symbol.asyncDispose]());

/** Every test starts with a page that has just signed in, through the form. */
beforeEach(async () => {
  if (skip) return;
  const { browser, directus } = stage;
  await browser.context.clearCookies();
  page = await browser.context.newPage();
  await page.goto(`${origin}/session`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('signed in, fresh').waitFor();
  directus.resetCounters();
});

test('signing in through the form leaves one cookie, which is __Host-, Secure and not for scripts', { skip }, async () => {
  const cookies = await stage.browser.context.cookies();
  assert.equal(cookies.length, 1);
  const [{ name, httpOnly, secure, sameSite, path, domain } = assert.fail()] = cookies;
  assert.match(name, /^__Host-tokenkeep-/);
  assert.deepEqual({ httpOnly, secure, sameSite, path, domain }, { httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1' });
  assert.equal(await page.evaluate('document.cookie'), '');
});

test('an expired token is renewed once, and the cookie reaches the browser', { skip }, async () => {
  await assertRenewedOnce(stage, page);
});

test('a form action from another origin is refused, and nobody is signed out', { skip }, async () => {
  await page.goto(`${neighbour}/about`);
  const [answer] = await Promise.all([page.waitForResponse(/\?\/logout$/), postForm(`${origin}/session?/logout`)]);
  assert.equal(answer.status(), 403);
  await page.waitForURL(answer.url());
  await page.goto(`${origin}/session`);
  await page.getByText('signed in, fresh').waitFor();
});

async function postForm(action: string): Promise<void> {
  await page.evaluate((action) => {
    const form = Object.assign(document.createElement('form'), { method: 'POST', action });
    document.body.append(form);
    form.submit();
  }, action);
}

test("renewRoute renews for the app's own page, and answers no token", { skip }, async () => {
  const { status, body } = await page.evaluate(async () => {
    const response = await fetch('/renew', { method: 'POST' });
    return { status: response.status, body: await response.json() };
  });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['expiresAt']);
  assert.equal(stage.directus.counters.refresh, 1);
});

for (const [whose, host, hasCookie] of [
  ['of the same site, which sends the cookie', '127.0.0.1', true],
  ['of another site, which sends none', 'localhost', false],
] as const) {
  // SvelteKit is the first to refuse it; the route's own check is in js-tests/sveltekit/renew-route.test.ts.
  test(`a page of another origin ${whose}, cannot ask for a renewal`, { skip }, async () => {
    await page.goto(`${neighbour.replace('127.0.0.1', host)}/about`);
    const answered = page.waitForResponse(`${origin}/renew`);
    await page.evaluate((url) => void fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }), `${origin}/renew`);
    const answer = await answered;
    assert.equal(answer.status(), 403);
    assert.equal('cookie' in (await answer.request().allHeaders()), hasCookie);
    assert.equal(stage.directus.counters.refresh, 0);
  });
}
