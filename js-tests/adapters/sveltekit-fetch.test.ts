/** What SvelteKit's `handleFetch` sends in place of a request that `event.fetch` was asked for. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { tokenkeep } from '../../js/adapters/sveltekit.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { Auth, ProviderConfig } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { signIn, tokenAnswer } from '../support/core.ts';

const URL_OF_PROVIDER = 'https://cms.example.com/cms';
const PROVIDER = directus({ url: URL_OF_PROVIDER });
const EXPIRED = { errors: [{ message: 'Token expired.', extensions: { code: 'TOKEN_EXPIRED' } }] };

type HandleFetch = ReturnType<typeof tokenkeep>['handleFetch'];

/** An event with its session. The provider issues `access 1`, `access 2`, …, or nothing more if `renews` is false. */
async function setUp(provider: ProviderConfig = PROVIDER, { cookies = true, renews = true } = {}) {
  let issued = 0;
  const fetch = (async () => (++issued > 1 && !renews ? new Response(null, { status: 500 }) : tokenAnswer(`access ${issued}`, `refresh ${issued}`))) as Fetch;
  const options = { provider, secret: SECRET, fetch };
  const cookie = cookies ? await signIn(new TokenManager(options, true)) : '';
  const { handle, handleFetch } = tokenkeep(options);
  const locals: { auth?: Auth } = {};
  const request = new Request('http://app.test/', { headers: { cookie } });
  const event = { request, locals, cookies: { set: () => {} }, getClientAddress: () => '127.0.0.1' };
  await handle({ event, resolve: () => new Response() } as unknown as Parameters<typeof handle>[0]);
  return { auth: locals.auth, handleFetch };
}

/** Sends it, and resolves with what the provider got; its answers are `answers`, in turn, and then 200. */
async function sent(handleFetch: HandleFetch, request: Request, auth?: Auth, answers: Response[] = []) {
  const requests: Request[] = [];
  const fetch = async (one: Request) => (requests.push(one), answers.shift() ?? new Response());
  const response = await handleFetch({ event: { locals: { auth } }, request, fetch } as unknown as Parameters<HandleFetch>[0]);
  return { requests, response };
}

const credentialsOf = ({ headers, credentials }: Request) => [headers.get('authorization'), headers.get('cookie'), credentials];

function withCookie(url: string, init: RequestInit = {}): Request {
  const request = new Request(url, init);
  request.headers.set('cookie', 'visitor=1');
  return request;
}

test('a request under the provider gets the bearer and loses the cookies', async () => {
  const { handleFetch, auth } = await setUp();
  const { requests } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/items`), auth);
  assert.deepEqual(requests.map(credentialsOf), [['Bearer access 1', null, 'omit']]);
});

test('a request elsewhere is left alone, and so is its answer', async () => {
  const { handleFetch, auth } = await setUp();
  const request = withCookie('https://cms.example.com/items');
  const answer = new Response();
  const { requests, response } = await sent(handleFetch, request, auth, [answer]);
  assert.equal(requests[0], request);
  assert.equal(response, answer);
});

for (const path of ['auth/login', 'auth/refresh', 'AUTH/Login']) {
  test(`no bearer goes to the auth endpoint ${path}`, async () => {
    const { handleFetch, auth } = await setUp();
    const { requests } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/${path}`), auth);
    assert.deepEqual(requests.map(credentialsOf), [[null, null, 'omit']]);
  });
}

test('with another provider the same path gets the bearer', async () => {
  const { handleFetch, auth } = await setUp({ ...PROVIDER, withoutBearer: [] });
  const { requests } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/auth/audit-log`), auth);
  assert.deepEqual(requests.map(credentialsOf), [['Bearer access 1', null, 'omit']]);
});

test("the bearer of another configuration's session is not for this provider", async () => {
  const { handleFetch } = await setUp();
  const { auth } = await setUp(directus({ url: 'https://other.example.com' }));
  const { requests } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/items`), auth);
  assert.deepEqual(requests.map(credentialsOf), [[null, null, 'omit']]);
});

test("a request with a bearer of its own, a visitor's, and one of a hook that runs before `handle` are sent without ours", async () => {
  const { handleFetch, auth } = await setUp();
  const visitor = (await setUp(PROVIDER, { cookies: false })).auth;
  const own = withCookie(`${URL_OF_PROVIDER}/items`, { headers: { authorization: 'Bearer own' } });
  assert.deepEqual((await sent(handleFetch, own, auth)).requests.map(credentialsOf), [['Bearer own', null, 'omit']]);
  for (const nobody of [visitor, undefined]) {
    const { requests } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/items`), nobody);
    assert.deepEqual(requests.map(credentialsOf), [[null, null, 'omit']]);
  }
});

/** A token that was issued just now is not renewed because it is refused. */
function passMinute({ mock }: TestContext): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
}

test('a refused bearer is replaced and the request repeated once, body included', async (t) => {
  const { handleFetch, auth } = await setUp();
  passMinute(t);
  const request = withCookie(`${URL_OF_PROVIDER}/items`, { method: 'POST', body: 'payload', headers: { 'x-trace': '1' } });
  const refusals = [1, 2].map(() => Response.json(EXPIRED, { status: 401 }));
  const { requests, response } = await sent(handleFetch, request, auth, refusals);
  assert.equal(response.status, 401);
  assert.deepEqual(requests.map((one) => one.headers.get('authorization')), ['Bearer access 1', 'Bearer access 2']);
  assert.deepEqual(await Promise.all(requests.map((one) => one.text())), ['payload', 'payload']);
  assert.deepEqual(requests.map((one) => one.headers.get('x-trace')), ['1', '1']);
});

test('a refused bearer without a replacement is the answer', async (t) => {
  const { handleFetch, auth } = await setUp(PROVIDER, { renews: false });
  passMinute(t);
  const { requests, response } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/items`), auth, [Response.json(EXPIRED, { status: 401 })]);
  assert.deepEqual([response.status, requests.length], [401, 1]);
});

test('to the head of an answer under the provider SvelteKit can add a cookie', async () => {
  const { handleFetch, auth } = await setUp();
  const immutable = await fetch('data:text/plain,hello');
  const { response } = await sent(handleFetch, withCookie(`${URL_OF_PROVIDER}/items`), auth, [immutable]);
  response.headers.append('set-cookie', 'a=1');
  assert.equal(await response.text(), 'hello');
});
