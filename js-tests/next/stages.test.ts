/** What the stages of one request in Next.js 16 see of its session: proxy, components, actions, route handlers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertFresh, sessionCookies } from '../contract/adapter/world.ts';
import type { SignedIn, World } from '../contract/adapter/world.ts';
import type { Page } from '../support/browser.ts';
import { REFERENCE } from '../support/next-app.ts';
import { NextWorld } from './world.ts';

let next: NextWorld;
let world: World;

before(async () => {
  next = await NextWorld.start(REFERENCE);
  ({ world } = next);
});

after(() => next?.[Symbol.asyncDispose]());

/** The text of an element, of a document without its scripts. */
function shown(html: string, id: string): string {
  const text = new RegExp(`id="${id}">(.*?)</p>`).exec(html)?.[1] ?? '';
  return text.replaceAll('<!-- -->', '').replaceAll('&quot;', '"');
}

/** `Vary` is not looked at: Next writes its own over a page's, and what is not stored cannot vary. */
function assertRenewed(page: Page): void {
  assert.equal(sessionCookies(page).size, 1);
  assert.equal(page.headers.get('cache-control'), 'private, no-store');
}

async function document({ browser }: SignedIn, path: string): Promise<{ html: string; setCookie: readonly string[] }> {
  const { status, text, setCookie } = await browser.get(path);
  assert.equal(status, 200, text);
  return { html: text, setCookie };
}

test('one module is in one process several times, and all its copies share one flight', async () => {
  const user = await world.signIn();
  assert.ok((await user.browser.get('/bare/route')).body.email);
  assert.match((await document(user, '/bare/page')).html, /no error/);
  assert.ok((await user.browser.get('/copies')).body >= 2);
  await next.expireSlowly();
  const [proxied, handled] = await Promise.all([user.browser.get('/me'), user.browser.get('/bare/route')]);
  assert.deepEqual([proxied.body.email, handled.body.email], [user.email, user.email]);
  assert.deepEqual([proxied.body.how, handled.body.how].sort(), ['refreshed', 'waited']);
  assert.equal(next.refreshes, 1);
});

test('what the proxy renewed is seen by layout, page and route handler of the same request', async () => {
  const user = await world.signInAndExpire();
  const { html, setCookie } = await document(user, '/me-page/1');
  assert.equal(shown(html, 'layout'), 'signed in, refreshed');
  assert.equal(shown(html, 'page'), `${user.email}, refreshed`);
  assert.equal(setCookie.length, 1);
  await world.expire();
  assert.deepEqual((await user.browser.get('/me')).body, { email: user.email, how: 'refreshed' });
  assert.equal(next.refreshes, 2);
});

test('a document with a renewed cookie must not be cached', async () => {
  const user = await world.signInAndExpire();
  assertRenewed(await user.browser.get('/me-page/1'));
});

test('a server component cannot write: it reads, login and logout throw ERR_HEADERS_SENT and do nothing, and nothing else throws', async () => {
  const user = await world.signIn();
  const { html, setCookie } = await document(user, '/read-only');
  const set = 'Cookies can only be modified in a Server Action or Route Handler.';
  for (const id of ['at-once', 'streamed']) {
    const { set: message, ...codes } = JSON.parse(shown(html, id));
    assert.ok(message.startsWith(set), message);
    assert.deepEqual(codes, { login: 'ERR_HEADERS_SENT', logout: 'ERR_HEADERS_SENT', forced: 'ERR_HEADERS_SENT' });
  }
  assert.deepEqual(setCookie, []);
  assert.deepEqual([world.provider.counters.login, world.provider.counters.logout, next.refreshes], [0, 0, 0]);
  await assertFresh(user);
});

test('a component that the proxy did not run for refreshes nothing: it has the session, not a token, and require lets it in', async () => {
  const user = await world.signInAndExpire();
  const page = JSON.parse(shown((await document(user, '/bare/page')).html, 'page'));
  assert.deepEqual(page, { id: user.session.id, how: null, token: 'ERR_HEADERS_SENT' });
  assert.equal(next.refreshes, 0);
});

test('a component adopts what a route handler renewed meanwhile, and says in an event that no cookie was written', async () => {
  const user = await world.signInAndExpire();
  const { browser } = user;
  const old = browser.old(browser.cookies);
  assert.equal((await browser.get('/bare/route')).body.how, 'refreshed');
  const page = JSON.parse(shown((await document({ ...user, browser: old }, '/bare/page')).html, 'page'));
  assert.deepEqual([page.how, page.token], ['adopted', 'no error']);
  assert.equal(next.refreshes, 1);
  const events = (await world.eventsOf(user.session)).map(({ type }) => type);
  assert.deepEqual(events, ['refreshed', 'adopted', 'handoffPending']);
});

test('a route handler that the proxy did not run for refreshes, and writes the cookie', async () => {
  const user = await world.signInAndExpire();
  const page = await user.browser.get('/bare/route');
  assert.deepEqual(page.body, { email: user.email, how: 'refreshed' });
  assert.equal(page.setCookie.length, 1);
  await assertFresh(user);
});

test('require in a component redirects to the login page', async () => {
  const page = await world.browser().get('/guarded');
  assert.equal(page.status, 307);
  assert.match(page.headers.get('location') ?? '', /\/login-page$/);
  assert.equal((await (await world.signIn()).browser.get('/guarded')).status, 200);
});

test('the proxy is not told that the router prefetches', async () => {
  const headers = { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree', 'next-url': '/' };
  const { body } = await world.browser().get('/own/headers', { headers });
  assert.ok(body.includes('next-url'));
  assert.deepEqual(body.filter((name: string) => name in { ...headers, 'next-url': undefined } && name !== 'next-url'), []);
});

for (const what of ['nothing', 'next', 'cookie', 'overridden', 'rewritten']) {
  test(`a proxy of one's own that answers with ${what}: the request has the new cookie, and so has the browser`, async () => {
    const user = await world.signInAndExpire();
    const page = await user.browser.get(`/own/${what}`);
    const [name = ''] = [...user.browser.cookies.keys()];
    assert.equal(page.body.path, what === 'rewritten' ? '/own/other' : `/own/${what}`);
    assert.deepEqual([page.body.email, page.body.how], [user.email, 'refreshed']);
    assert.equal(page.body.own, what === 'overridden' ? 'header' : null);
    assert.ok(page.body.cookies.includes(name));
    assertRenewed(page);
    assert.equal(page.setCookie.some((line) => line.startsWith('theme=dark')), what === 'cookie');
    await assertFresh(user);
    assert.equal(next.refreshes, 1);
  });
}

test("a proxy of one's own sees the new cookie in the headers of its request", async () => {
  const user = await world.signInAndExpire();
  const { body, setCookie } = await user.browser.get('/own/seen');
  assert.equal(body, setCookie[0]?.split(';')[0]);
  assert.equal(next.refreshes, 1);
});

test("a response that a proxy of one's own gives to everybody carries nobody's cookie to others", async () => {
  const user = await world.signInAndExpire();
  assert.equal((await user.browser.get('/own/shared')).body.how, 'refreshed');
  const { body, setCookie } = await world.browser().get('/own/shared');
  assert.deepEqual([body.email, body.cookies, setCookie], [null, [], []]);
});

test("a proxy of one's own that takes all cookies from the rest of the request has taken the renewed one too", async () => {
  const user = await world.signInAndExpire();
  const page = await user.browser.get('/own/stripped');
  assert.deepEqual([page.body.email, page.body.cookies], [null, []]);
  assertRenewed(page);
  await assertFresh(user);
});

test('a static page is built without a secret, and for nobody', async () => {
  assert.equal(shown((await document(await world.signIn(), '/static')).html, 'page'), 'signed out');
});

test("a login in a proxy of one's own reaches the page and the browser of a first visit, which brings no cookie", async () => {
  const { email, password } = await world.signIn();
  const browser = world.browser();
  const page = await browser.get(`/own/login?${new URLSearchParams({ email, password })}`);
  assert.equal(page.body.email, email);
  assertRenewed(page);
  await assertFresh({ ...(await world.signIn()), browser, email });
});

test("a login in a route handler leaves the response's own cookies as they are", async () => {
  const { email, password } = await world.signIn();
  const page = await world.browser().post('/upstream', { email, password });
  assert.equal(sessionCookies(page).size, 1);
  const [first, second, ...rest] = page.setCookie;
  assert.deepEqual([first, second, rest.length], ['sid=100%; Path=/a', 'sid=b+/==; Path=/b; X-Extension=kept', 1]);
});

test('a login in a route handler that ends with redirect() reaches the browser', async () => {
  const { email, password, ...user } = await world.signIn();
  const browser = world.browser();
  const page = await browser.get('/login', { method: 'PUT', body: { email, password } });
  assert.equal(page.headers.get('location'), '/plain');
  assert.equal(sessionCookies(page).size, 1);
  await assertFresh({ ...user, browser, email, password });
});

test("a proxy of one's own may require a session", async () => {
  const page = await world.browser().get('/own/guarded');
  assert.deepEqual([page.status, page.headers.get('location')?.replace(next.url, '')], [303, '/login']);
  const user = await world.signIn();
  assert.equal((await user.browser.get('/own/guarded')).body.email, user.email);
});

test("the guide's proxy keeps strangers out of one part of the app", async () => {
  const page = await world.browser().get('/team');
  assert.deepEqual([page.status, page.headers.get('location')?.replace(next.url, '')], [303, '/login']);
  assert.equal((await (await world.signIn()).browser.get('/team')).status, 404);
});

test("the guide's route handler answers 401 to strangers, and passes on what the provider says", async () => {
  assert.equal((await world.browser().get('/api/me')).status, 401);
  const { browser, email } = await world.signInAndExpire();
  const page = await browser.get('/api/me');
  assert.equal(page.body.data.email, email);
  assertRenewed(page);
});

test('a fresh request passes the proxy without a header of its own', async () => {
  const { browser } = await world.signIn();
  const page = await browser.get('/own/nothing');
  assert.deepEqual([page.body.how, page.setCookie], ['fresh', []]);
});
