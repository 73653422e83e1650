import assert from 'node:assert/strict';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { directusFaults, startDirectusStandIn } from '../../js/testing.ts';
import type { DirectusStandIn, DirectusStandInOptions } from '../../js/testing.ts';

const ADMIN = { email: 'admin@example.com', password: 'password' };

async function start(context: TestContext, options: DirectusStandInOptions = {}): Promise<DirectusStandIn> {
  const standIn = await startDirectusStandIn(options);
  context.after(() => standIn.close());
  return standIn;
}

function post({ url }: DirectusStandIn, path: string, body: object): Promise<Response> {
  return fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function login(standIn: DirectusStandIn): Promise<string> {
  const { data }: any = await (await post(standIn, '/auth/login', ADMIN)).json();
  return data.refresh_token;
}

const refresh = (standIn: DirectusStandIn, refresh_token: string) => post(standIn, '/auth/refresh', { refresh_token });

test('parallel refreshes that reach the row before the first one writes it all succeed', async (context) => {
  const standIn = await start(context, { refreshDelayMs: 200 });
  const token = await login(standIn);
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(standIn, token)));
  assert.ok(answers.every(({ status }) => status === 200));
  assert.deepEqual(standIn.counters, { login: 1, refresh: 20, logout: 0, me: 0, rotations: 20, refusedRefreshes: 0 });
});

test('a dropped refresh has rotated the token', async (context) => {
  const standIn = await start(context);
  const token = await login(standIn);
  standIn.faults.next('POST /auth/refresh', { kind: 'dropResponse' });
  await assert.rejects(refresh(standIn, token), TypeError);
  assert.equal((await refresh(standIn, token)).status, 401);
  assert.deepEqual([standIn.counters.rotations, standIn.counters.refusedRefreshes], [1, 1]);
});

test('a fault of refresh leaves login alone', async (context) => {
  const standIn = await start(context);
  standIn.faults.set('POST /auth/refresh', directusFaults.serviceUnavailable());
  const token = await login(standIn);
  const answer = await refresh(standIn, token);
  const { errors }: any = await answer.json();
  assert.deepEqual([answer.status, errors[0].extensions.code], [503, 'SERVICE_UNAVAILABLE']);
  standIn.faults.clear();
  assert.equal((await refresh(standIn, token)).status, 200);
});

test('the rate limiter says when to come back', async (context) => {
  const standIn = await start(context);
  standIn.faults.next('/auth/*', directusFaults.tooManyRequests(7));
  const answer = await refresh(standIn, 'any');
  const { errors }: any = await answer.json();
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '7']);
  assert.deepEqual([errors[0].message, errors[0].extensions.code], ['Too many requests, retry after 7s.', 'REQUESTS_EXCEEDED']);
});

test('time is the one given: tokens and the Date header follow it', async (context) => {
  let now = Date.UTC(2001, 0, 1);
  const standIn = await start(context, { now: () => now, refreshTokenTtl: 60 });
  const token = await login(standIn);
  const answer = await fetch(`${standIn.url}/server/ping`);
  assert.equal(answer.headers.get('date'), 'Mon, 01 Jan 2001 00:00:00 GMT');
  now += 60_001;
  assert.equal((await refresh(standIn, token)).status, 401, 'the refresh token expired');
});

test('cookies are named and scoped as configured', async (context) => {
  const sessionCookie = { name: 'my_session', domain: '.example.com', sameSite: 'none', secure: true } as const;
  const standIn = await start(context, { sessionCookie, sessionCookieTtl: 4 });
  const answer = await post(standIn, '/auth/login', { ...ADMIN, mode: 'session' });
  const [line = ''] = answer.headers.getSetCookie();
  assert.match(line, /^my_session=[^;]+; Max-Age=4; Domain=\.example\.com; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=None$/);
});

test('a browser of the configured origin may send credentials', async (context) => {
  const standIn = await start(context, { corsOrigin: 'http://localhost:5173' });
  const preflight = await fetch(`${standIn.url}/auth/refresh`, { method: 'OPTIONS' });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'Content-Type,Authorization');
  const { headers } = await refresh(standIn, 'unknown');
  assert.equal(headers.get('access-control-allow-origin'), 'http://localhost:5173');
  assert.equal(headers.get('access-control-allow-credentials'), 'true');
});

test('the fields asked for are the fields of the answer', async (context) => {
  const standIn = await start(context, { users: [{ id: 'ada', ...ADMIN, firstName: 'Ada', staticToken: 'static' }] });
  const me = async (query: string) => (await fetch(`${standIn.url}/users/me${query}`, { headers: { authorization: 'Bearer static' } })).json();
  assert.deepEqual(await me('?fields=id,first_name'), { data: { id: 'ada', first_name: 'Ada' } });
  assert.deepEqual(await me(''), { data: { id: 'ada', email: ADMIN.email, first_name: 'Ada', role: null } });
});

test('the end of all sessions is the end of every refresh token', async (context) => {
  const standIn = await start(context);
  const token = await login(standIn);
  standIn.endSessions();
  assert.equal((await refresh(standIn, token)).status, 401);
});
