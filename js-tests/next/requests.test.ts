/** What Next.js 16 does with the requests of a browser and with late cookies, and what becomes of the session. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { REFERENCE } from '../support/next-app.ts';
import { NextWorld } from './world.ts';

const skip = withoutTool('chromium');

/** Seconds; twenty are left of the token, which is less than the leeway. */
const ALMOST_EXPIRED = 880;

let next: NextWorld;

before(async () => {
  next = await NextWorld.start(REFERENCE);
});

after(() => next?.[Symbol.asyncDispose]());

/** Requests of the router to pages that nobody has clicked yet, as they are sent. */
function prefetchesOf(page: Page): Request[] {
  const seen: Request[] = [];
  page.on('request', (request) => void (isPrefetch(request) && seen.push(request)));
  return seen;
}

function isPrefetch(request: Request): boolean {
  return request.headers()['next-router-prefetch'] !== undefined;
}

/** Longer than a refresh takes, in ms. */
const QUIET_MS = 600;

async function scrollToLinks(page: Page): Promise<void> {
  let lastAt = 0;
  for (const event of ['request', 'requestfinished'] as const) page.on(event as 'request', () => void (lastAt = performance.now()));
  const begun = page.waitForRequest(isPrefetch);
  await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
  await begun;
  while (performance.now() - lastAt < QUIET_MS) await delay(50);
}

function layout(page: Page): Promise<string> {
  return page.locator('#layout').innerText();
}

test('first document after expiry, two links in view: one refresh, and the prefetches carry the new cookie', { skip }, async () => {
  const { page } = await next.visit('/copies');
  await next.expireSlowly();
  const prefetches = prefetchesOf(page);
  const begun = page.waitForRequest(isPrefetch);
  await page.goto(next.url, { waitUntil: 'networkidle' });
  await begun;
  assert.equal(await layout(page), 'signed in, refreshed');
  assert.ok(prefetches.length > 0);
  const [{ name, value } = { name: '', value: '' }] = await next.context.cookies();
  for (const request of prefetches) assert.ok((await request.allHeaders())['cookie']?.includes(`${name}=${value}`));
  assert.equal(next.refreshes, 1);
});

for (const { matcher, folder, cost, then } of [
  { matcher: 'our matcher', folder: 'me-page', cost: 1, then: 'fresh' },
  { matcher: 'a matcher that keeps prefetches out', folder: 'unseen', cost: 0, then: 'refreshed' },
]) {
  test(`eight links scroll into view after expiry, with ${matcher}: ${cost} refreshes, and after a click one in all`, { skip }, async () => {
    const { user, page } = await next.visit(`/links/${folder}`);
    const prefetches = prefetchesOf(page);
    await next.expireSlowly();
    await scrollToLinks(page);
    assert.ok(prefetches.length >= 8, `${prefetches.length} prefetches`);
    assert.equal(next.refreshes, cost);
    await page.getByRole('link', { name: 'link 3' }).click();
    await page.getByText(`${user.email}, ${then}`).waitFor();
    assert.equal(next.refreshes, 1);
  });
}

test('a click after expiry: one refresh', { skip }, async () => {
  const { user, page } = await next.visit('/');
  await next.expireSlowly();
  await page.getByRole('link', { name: 'two' }).click();
  await page.getByText(`${user.email}, refreshed`).waitFor();
  assert.equal(next.refreshes, 1);
});

test('links with prefetch={true}: whole pages are rendered ahead, nobody is signed out in them, and they share one refresh', { skip }, async () => {
  const { user, page } = await next.visit('/links/full');
  await next.expireSlowly();
  await scrollToLinks(page);
  assert.equal(next.refreshes, 1);
  await page.getByRole('link', { name: 'link 3' }).click();
  await page.getByText(user.email).waitFor();
  assert.match(await layout(page), /^signed in/);
  assert.equal(next.refreshes, 1);
});

test('links with a loading state: what is prefetched of their pages is not for somebody who is signed out, and one refresh does', { skip }, async () => {
  const { user, page } = await next.visit('/links/loading');
  const prefetches = prefetchesOf(page);
  await next.expireSlowly();
  await scrollToLinks(page);
  assert.ok(prefetches.length >= 8, `${prefetches.length} prefetches`);
  assert.equal(next.refreshes, 1);
  await page.getByRole('link', { name: 'link 3' }).click();
  await page.locator('#page', { hasText: user.email }).waitFor();
  assert.equal(await page.locator('#section').innerText(), user.email);
  assert.equal(next.refreshes, 1);
});

test('a token that is due but still works is renewed for a document, and not for what the router fetches', { skip }, async () => {
  const { user, page } = await next.visit('/links/loading');
  await next.world.pass(ALMOST_EXPIRED);
  await scrollToLinks(page);
  await page.getByRole('link', { name: 'link 3' }).click();
  await page.getByText(`${user.email}, kept`).waitFor();
  assert.equal(next.refreshes, 0);
  await page.reload();
  await page.getByText(`${user.email}, refreshed`).waitFor();
  assert.equal(next.refreshes, 1);
});

for (const header of ['sec-purpose', 'purpose']) {
  test(`a document that ${header} says is prefetched renews only a token that has expired`, async () => {
    const user = await next.world.signIn();
    const prefetch = (path: string) => user.browser.get(path, { headers: { [header]: 'prefetch' } });
    await next.world.pass(ALMOST_EXPIRED);
    assert.equal((await prefetch('/me-page/1')).setCookie.length, 0);
    assert.equal(next.refreshes, 0);
    await next.world.expire();
    assert.equal((await prefetch('/state')).body.how, 'refreshed');
    assert.equal(next.refreshes, 1);
  });
}

test('three server actions at once: one refresh, and each of them has the user', { skip }, async () => {
  const { user, page } = await next.visit('/actions');
  await next.expireSlowly();
  await page.getByRole('button', { name: 'three actions' }).click();
  await page.getByText([user.email, user.email, user.email].join(' ')).waitFor();
  assert.equal(next.refreshes, 1);
});

test('three calls of fetch() to a route handler: one refresh', { skip }, async () => {
  const { user, page } = await next.visit('/actions');
  await next.expireSlowly();
  const answers = await page.evaluate(() => Promise.all([1, 2, 3].map(async () => (await fetch('/me')).json())));
  assert.deepEqual(answers.map(({ email }) => email), [user.email, user.email, user.email]);
  assert.equal(next.refreshes, 1);
});

test('three tabs at once: one refresh', { skip }, async () => {
  const { user } = await next.visit('/copies');
  await next.expireSlowly();
  const tabs = await Promise.all([1, 2, 3].map(() => next.context.newPage()));
  await Promise.all(tabs.map((tab, n) => tab.goto(`${next.url}/me-page/${n}`)));
  for (const tab of tabs) assert.ok((await tab.locator('#page').innerText()).startsWith(user.email));
  assert.equal(next.refreshes, 1);
});

test('an action that renews after the proxy did: the browser keeps the newer cookie', { skip }, async () => {
  const { user, page } = await next.visit('/actions');
  await next.expireSlowly();
  await page.getByRole('button', { name: 'renew' }).click();
  await page.getByText('refreshed', { exact: true }).waitFor();
  assert.equal(next.refreshes, 2);
  await page.goto(`${next.url}/me-page/1`);
  await page.getByText(`${user.email}, fresh`).waitFor();
  const { generation } = await page.evaluate(async () => (await (await fetch('/state')).json()).session);
  assert.equal(generation, 2);
  assert.equal(next.refreshes, 2);
});
