import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { DirectusStandIn } from '../../js/testing.ts';
import { startRecorder } from '../support/recorder.ts';
import type { Recorder } from '../support/recorder.ts';
import { buildFixture, prerendered, startBuiltApp } from '../support/sveltekit-app.ts';
import type { RunningApp } from '../support/sveltekit-app.ts';

/** Seconds. */
const ACCESS_TOKEN_TTL = 2;
const SESSIONS = 23;
const A_MINUTE_MS = 60_000;
const SECRET = 'a secret of more than 32 characters';
const EMAIL = 'admin@example.com';
const REFRESH = 'POST /auth/refresh';

let folder: string;
let directus: DirectusStandIn;
let provider: Recorder;
let app: RunningApp;
/** The cookies of sessions whose access token has expired. */
const expired: string[] = [];

before(async () => {
  folder = await buildFixture('edges');
  directus = await startDirectusStandIn({ accessTokenTtl: ACCESS_TOKEN_TTL });
  provider = await startRecorder(directus.url);
  app = await startBuiltApp(folder, { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: SECRET });
  for (let session = 0; session < SESSIONS; session++) expired.push(await signIn());
  await delay(ACCESS_TOKEN_TTL * 1000 + 100);
});

after(async () => {
  await app?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
  await directus?.close();
});

function send(path: string, cookie: string, init: RequestInit = {}, to = app): Promise<Response> {
  // adapter-node takes it for granted that TLS ends at a proxy.
  const origin = to.url.replace('http:', 'https:');
  const headers = { accept: 'text/html', origin, cookie, ...init.headers };
  return fetch(to.url + path, { redirect: 'manual', ...init, headers });
}

async function signIn(to = app): Promise<string> {
  const body = JSON.stringify({ email: EMAIL, password: 'password' });
  const response = await send('/me', '', { method: 'POST', headers: { 'content-type': 'application/json' }, body }, to);
  assert.equal(response.status, 204);
  return sealed(response);
}

/** The session's cookies that an answer sets, as a browser sends them back. */
function sealed(response: Response): string {
  const pairs = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
  return pairs.filter((pair) => pair.startsWith('__Host-tokenkeep-')).join('; ');
}

/** An expired session's cookie; each is given out once. */
function oldCookie(): string {
  return expired.pop() ?? assert.fail('more sessions are needed');
}

/** Sends a page request with an expired session, and how many renewals it cost. */
async function visit(path: string, init?: RequestInit) {
  const cookie = oldCookie();
  const before = provider.count(REFRESH);
  const response = await send(path, cookie, init);
  const body = await response.text();
  return { cookie, response, body, renewals: provider.count(REFRESH) - before };
}

async function me(cookie: string) {
  const response = await send('/me', cookie);
  return { response, ...((await response.json()) as { how: string; signedIn: boolean; who: string }) };
}

test('a layout and a page that load in parallel cost one renewal, and the answer carries its cookie', async () => {
  const { response, body, renewals } = await visit('/both');
  assert.match(body, new RegExp(`layout=${EMAIL} page=${EMAIL}`));
  assert.equal(renewals, 1);
  assert.equal((await me(sealed(response))).how, 'fresh');
});

test('sub-requests to own routes see what the page request has renewed', async () => {
  const { body, renewals } = await visit('/sub');
  assert.match(body, new RegExp(`fresh:${EMAIL} fresh:${EMAIL} fresh:${EMAIL}`));
  assert.equal(renewals, 1);
});

test('handleFetch repeats a refused request with a newer token and the same body', async () => {
  let aheadMs = 0;
  await using longLived = await startDirectusStandIn({ now: () => Date.now() + aheadMs });
  await using recorder = await startRecorder(longLived.url);
  const env = { DIRECTUS_URL: recorder.url, TOKENKEEP_SECRET: SECRET };
  await using now = await startBuiltApp(folder, env);
  // A token that is younger than 30 s is not renewed for a 401.
  await using aMinuteLater = await startBuiltApp(folder, { ...env, NODE_OPTIONS: clockAhead(A_MINUTE_MS) });
  const cookie = await signIn(now);
  aheadMs = A_MINUTE_MS;
  recorder.requests.length = 0;
  recorder.refuseNextEcho();
  const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  const response = await send('/replay', cookie, init, aMinuteLater);
  assert.equal(response.status, 200, aMinuteLater.errors);
  assert.deepEqual(await response.json(), { text: 'the body' });
  const [first, , second] = recorder.requests;
  assert.deepEqual(recorder.requests.map(({ line }) => line), ['POST /echo', REFRESH, 'POST /echo']);
  assert.equal(second?.body, first?.body);
  assert.match(second?.headers.authorization ?? '', /^Bearer /);
  assert.notEqual(second?.headers.authorization, first?.headers.authorization);
  assert.notEqual(sealed(response), '');
});

function clockAhead(ms: number): string {
  const module = `const now = Date.now; Date.now = () => now() + ${ms};`;
  return `--import=data:text/javascript,${encodeURIComponent(module)}`;
}

for (const [where, path] of [
  ['in a streamed promise', '/streamed'],
  ["in a streamed promise's request to an own route", '/streamed?sub'],
] as const) {
  test(`a token that expires ${where} is renewed there, and the next request adopts it`, async () => {
    const { cookie, response, body, renewals } = await visit(path);
    assert.equal(response.status, 200);
    assert.match(body, new RegExp(`refreshed:${EMAIL}`));
    assert.equal(renewals, 2);
    const before = provider.count(REFRESH);
    const next = await me(sealed(response));
    assert.deepEqual([next.how, next.who], ['adopted', EMAIL]);
    assert.equal(provider.count(REFRESH), before);
    assert.equal((await me(cookie)).who, EMAIL);
  });
}

test('a remote query that renews neither throws nor loses the token', async () => {
  const id = await remoteId();
  const { cookie, body } = await visit(`/_app/remote/${id}/asQuery`);
  assert.match(body, new RegExp(`refreshed:${EMAIL}`));
  assert.equal((await me(cookie)).who, EMAIL);
});

test('a remote command that renews sets the cookie', async () => {
  const id = await remoteId();
  const headers = { 'content-type': 'application/json', 'x-sveltekit-pathname': '/remote', 'x-sveltekit-search': '' };
  const init = { method: 'POST', headers, body: JSON.stringify({ payload: '', refreshes: [] }) };
  const { response, body } = await visit(`/_app/remote/${id}/asCommand`, init);
  assert.match(body, new RegExp(`refreshed:${EMAIL}`));
  assert.equal((await me(sealed(response))).how, 'fresh');
});

test('a remote form that renews sets the cookie, also without JavaScript', async () => {
  const id = await remoteId();
  const init = { method: 'POST', body: new URLSearchParams() };
  const { response, body } = await visit(`/remote?/remote=${id}%2FasForm`, init);
  assert.equal(response.status, 200);
  assert.match(body, new RegExp(`refreshed:${EMAIL}`));
  assert.equal((await me(sealed(response))).how, 'fresh');
});

/** What SvelteKit calls the module of remote functions, as a rendered form's action has it. */
async function remoteId(): Promise<string> {
  const { body } = await visit('/remote');
  return /\/remote=([^/%"]+)(?:\/|%2F)asForm/.exec(body)?.[1] ?? assert.fail(body);
}

test('in a sequence, hooks after ours have the session and hooks before it do not', async () => {
  const { response } = await visit('/me');
  assert.equal(response.headers.get('x-before'), 'false');
  assert.equal(response.headers.get('x-after'), 'refreshed');
});

for (const [what, path, status] of [
  ['a redirect', '/redirecting', 303],
  ['a redirect of a later hook', '/redirected-by-hook', 303],
  ['an error page', '/broken', 418],
  ['a page that does not exist', '/nowhere', 404],
  ["an endpoint's Response.redirect", '/unchangeable/redirect', 302],
  ['a response that an endpoint has fetched', '/unchangeable/fetched', 200],
  ["a response that an endpoint has fetched with the event's fetch", '/unchangeable/event', 200],
] as const) {
  test(`${what} carries the renewed cookie`, async () => {
    const { response, renewals } = await visit(path);
    assert.equal(response.status, status);
    assert.equal(renewals, 1);
    assert.equal((await me(sealed(response))).how, 'fresh');
  });
}

test('when a later hook throws, SvelteKit drops the cookie, and the next request adopts the renewal', async () => {
  const { cookie, response, renewals } = await visit('/thrown-by-hook');
  assert.equal(response.status, 500);
  assert.equal(renewals, 1);
  const next = await me(cookie);
  assert.deepEqual([next.how, next.who], ['adopted', EMAIL]);
});

test("others' cookies and Vary survive, and an answer with a session's cookie is not cached", async () => {
  const { response } = await visit('/cookies');
  const names = response.headers.getSetCookie().map((line) => line.split('=', 1)[0]);
  assert.equal(names.length, 3);
  assert.ok(names.includes('theme') && names.includes('language'));
  assert.match(response.headers.get('vary') ?? '', /Accept-Language.*Cookie/);
  assert.equal(response.headers.get('cache-control'), 'private, no-store');
});

test('a request with a fresh token writes no cookie', async () => {
  const { response } = await me(await signIn());
  assert.deepEqual(response.headers.getSetCookie(), []);
});

test('the sealed cookie never reaches the provider, though its host is the same', () => {
  assert.ok(provider.requests.length > 20);
  for (const { headers } of provider.requests) assert.equal(headers.cookie, undefined);
});

test('require redirects whoever is not signed in, with the very class that SvelteKit knows', async () => {
  const response = await send('/streamed', '');
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/me']);
});

test('require answers 503 while only the provider is down, and the session is kept', async () => {
  const cookie = oldCookie();
  await directus.goOffline();
  const response = await send('/streamed', cookie);
  assert.equal(response.status, 503);
  assert.deepEqual(response.headers.getSetCookie(), []);
  await directus.goOnline();
});

test('a prerendered page is built without a secret and without a provider', async () => {
  assert.match(await prerendered(folder, 'about'), /About: prerendered/);
});

for (const [missing, env, message] of [
  ['secret', { DIRECTUS_URL: 'http://127.0.0.1:1' }, 'AuthError: secret: expected at least one secret, found none\n'],
  ['URL', { TOKENKEEP_SECRET: SECRET }, "AuthError: the provider's url is missing\n"],
] as const) {
  test(`without the ${missing} the server starts, and the first request says what is missing`, async () => {
    await using unset = await startBuiltApp(folder, { ...env });
    assert.equal(unset.errors, '');
    const response = await fetch(`${unset.url}/me`);
    assert.equal(response.status, 500);
    assert.equal(unset.errors, message);
    assert.ok(!(await response.text()).includes(message.trim()));
  });
}
