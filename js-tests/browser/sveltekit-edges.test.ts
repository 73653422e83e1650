/** The built app behind a proxy that ends TLS: what several tabs and preloads of one browser do to a session. */
import assert from 'node:assert/strict';
import test, { after, before, beforeEach } from 'node:test';
import type { Cookie, Page } from 'playwright-core';
import type { DirectusStandIn } from '../../js/testing.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import type { Chromium } from '../support/chromium.ts';
import { A_TOKEN, startStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import { startBuiltApp } from '../support/sveltekit-app.ts';
import type { TestClock } from '../support/test-clock.ts';
import { startTlsProxy } from '../support/tls-proxy.ts';
import type { TlsProxy } from '../support/tls-proxy.ts';

const skip = withoutTool('chromium');
const EMAIL = 'admin@example.com';
const REFRESH = 'POST /auth/refresh';

let stage: Stage;
let clock: TestClock;
let directus: DirectusStandIn;
let proxy: TlsProxy;
let browser: Chromium;
let tab: Page;

before(async () => {
  if (skip) return;
  stage = await startStage({ ignoreHTTPSErrors: true });
  ({ clock, directus, browser } = stage);
  const app = stage.running.use(await startBuiltApp(stage.folder, stage.env));
  proxy = stage.running.use(await startTlsProxy(app.url));
});

after(() => stage?.[Symbol.asyncDispose]());

/** Every test starts with one tab that has just signed in. */
beforeEach(async () => {
  if (skip) return;
  await browser.context.clearCookies();
  tab = await openTab();
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByText('signed in, fresh').waitFor();
  directus.resetCounters();
});

async function openTab(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(`${proxy.url}/session`);
  return page;
}

function cookies(): Promise<Cookie[]> {
  return browser.context.cookies();
}

/** How the next request of a tab comes by its token. */
async function how(page: Page): Promise<string> {
  return page.evaluate(async () => (await (await fetch('/me')).json()).how);
}

/** The paths that a tab asks for from now on. */
function requestsOf(page: Page): string[] {
  const paths: string[] = [];
  page.on('request', (request) => paths.push(new URL(request.url()).pathname));
  return paths;
}

function preloaded(page: Page) {
  return page.waitForResponse((response) => response.url().includes('/both/__data.json'));
}

test('hovering a link with an expired token renews once, and the click uses what was preloaded', { skip }, async () => {
  await clock.pass(A_TOKEN);
  const old = await cookies();
  const requests = requestsOf(tab);
  await Promise.all([preloaded(tab), tab.getByRole('link', { name: 'Both' }).hover()]);
  assert.equal(directus.counters.refresh, 1);
  const renewed = await cookies();
  assert.equal(renewed.length, 1);
  assert.notEqual(renewed[0]?.value, old[0]?.value);
  await tab.getByRole('link', { name: 'Both' }).click();
  await tab.getByText(`layout=${EMAIL} page=${EMAIL}`).waitFor();
  assert.equal(requests.filter((path) => path.endsWith('__data.json')).length, 1);
  assert.equal(await how(tab), 'fresh');
  assert.equal(directus.counters.refresh, 1);
});

test('two links that are hovered one after the other during the renewal share it', { skip }, async () => {
  await clock.pass(A_TOKEN);
  directus.faults.next(REFRESH, { kind: 'hang' });
  await tab.getByRole('link', { name: 'Both' }).hover();
  await directus.faults.whenHeld();
  const asked = tab.waitForRequest((request) => request.url().includes('/sub/__data.json'));
  await tab.getByRole('link', { name: 'Sub' }).hover();
  await asked;
  directus.faults.release();
  await tab.getByRole('link', { name: 'Both' }).click();
  await tab.getByText(`layout=${EMAIL} page=${EMAIL}`).waitFor();
  assert.equal(await how(tab), 'fresh');
  assert.equal(directus.counters.refresh, 1);
});

test('a preload that is given up while its renewal runs loses nothing', { skip }, async () => {
  await clock.pass(A_TOKEN);
  const old = await cookies();
  directus.faults.next(REFRESH, { kind: 'hang' });
  await tab.getByRole('link', { name: 'Both' }).hover();
  await directus.faults.whenHeld();
  const aborted = proxy.nextAbort();
  await tab.close();
  await aborted;
  directus.faults.release();
  assert.deepEqual(await cookies(), old);
  const next = await openTab();
  await next.getByText(/signed in, (adopted|waited)/).waitFor();
  assert.equal(directus.counters.refresh, 1);
  assert.equal(await how(next), 'fresh');
});

test('two tabs that load at once with an expired token renew once, and both are signed in', { skip }, async () => {
  const other = await openTab();
  await clock.pass(A_TOKEN);
  directus.faults.next(REFRESH, { kind: 'hang' });
  const arrived = Promise.all(['/session?first', '/session?second'].map(proxy.arrived));
  // Chromium sends requests for the same address one after the other.
  const loads = [tab.goto(`${proxy.url}/session?first`), other.goto(`${proxy.url}/session?second`)];
  await Promise.all([directus.faults.whenHeld(), arrived]);
  directus.faults.release();
  await Promise.all(loads);
  const shown = await Promise.all([tab, other].map((page) => page.getByText('signed in').innerText()));
  assert.ok(shown.includes('signed in, refreshed'), shown.join());
  assert.ok(shown.some((text) => /waited|adopted/.test(text)), shown.join());
  assert.equal(directus.counters.refresh, 1);
  assert.deepEqual([await how(tab), await how(other)], ['fresh', 'fresh']);
});

test('when one tab signs out, the other is signed out at its next navigation', { skip }, async () => {
  const other = await openTab();
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByText('signed out').waitFor();
  await other.getByRole('link', { name: 'Again' }).click();
  await other.getByText('signed out, no token').waitFor();
  assert.deepEqual(await cookies(), []);
});

test('when one tab signs out during the renewal of the other, both are signed out', { skip }, async () => {
  const other = await openTab();
  await clock.pass(A_TOKEN);
  directus.faults.next(REFRESH, { kind: 'hang' });
  const loading = other.goto(`${proxy.url}/session?other`);
  await directus.faults.whenHeld();
  const asked = tab.waitForRequest((request) => request.method() === 'POST');
  const signingOut = tab.getByRole('button', { name: 'Sign out' }).click();
  await asked;
  directus.faults.release();
  await Promise.all([loading, signingOut]);
  await tab.getByText('signed out, no token').waitFor();
  await other.reload();
  await other.getByText('signed out, no token').waitFor();
  assert.deepEqual(await cookies(), []);
});

test('a tab that slept for a day wakes up signed in, with what the other tab has renewed', { skip }, async () => {
  const sleeper = await openTab();
  const lifecycle = await browser.context.newCDPSession(sleeper);
  await lifecycle.send('Page.setWebLifecycleState', { state: 'frozen' });
  for (let renewals = 0; renewals < 3; renewals++) {
    await clock.pass(8 * 3600);
    await tab.reload();
    await tab.getByText('signed in, refreshed').waitFor();
  }
  await lifecycle.send('Page.setWebLifecycleState', { state: 'active' });
  await sleeper.getByRole('link', { name: 'Again' }).click();
  await sleeper.waitForURL('**/session?again');
  await sleeper.getByText('signed in, fresh').waitFor();
  assert.equal(directus.counters.refresh, 3);
});

test('a browser that was restored with the cookie of yesterday gets the newest tokens', { skip }, async () => {
  const yesterday = await cookies();
  for (let renewals = 0; renewals < 2; renewals++) {
    await clock.pass(12 * 3600);
    await tab.reload();
  }
  const newest = await how(tab);
  await browser.context.clearCookies();
  await browser.context.addCookies(yesterday);
  await tab.reload();
  await tab.getByText('signed in, adopted').waitFor();
  assert.deepEqual([newest, await how(tab)], ['fresh', 'fresh']);
  assert.equal(directus.counters.refresh, 2);
});
