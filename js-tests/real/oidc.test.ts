/** Sign-in by redirect at the certified oidc-provider. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { APP, type OidcApp, oidcApp, type Tamper } from '../support/oidc-app.ts';

const me = (app: OidcApp) => app.visit(async (auth) => (await auth.fetch(`${app.server.url}/api/me`)).json());
const session = (app: OidcApp) => app.visit(async (auth) => auth.session);

for (const clientAuth of ['basic', 'post', 'none'] as const) {
  for (const accessTokens of ['opaque', 'jwt'] as const) {
    test(`a user signs in, works and is renewed: client authentication ${clientAuth}, ${accessTokens} access tokens`, async (t) => {
      const app = await oidcApp(t, { server: { clientAuth, accessTokens } });
      assert.equal(await app.signIn('?returnTo=/account%3Ftab=a%23b'), '/account?tab=a#b');
      assert.deepEqual(await me(app), { user: 'ada' });
      await app.visit((auth) => auth.getAccessToken({ refresh: true }));
      assert.deepEqual([await me(app), (await session(app))?.generation], [{ user: 'ada' }, 1]);
    });
  }
}

test('the request to the provider has PKCE, state and nonce, and no secret of ours', async (t) => {
  const app = await oidcApp(t);
  const { searchParams } = await app.begin('?prompt=login&state=mine&redirect_uri=https://evil.example');
  const { state, nonce, code_challenge, ...rest } = Object.fromEntries(searchParams);
  for (const random of [state, nonce, code_challenge]) assert.match(random ?? '', /^[\w-]{43}$/);
  assert.deepEqual(rest, {
    response_type: 'code',
    client_id: app.server.clientId,
    redirect_uri: `${APP}/auth/callback`,
    scope: 'openid profile email offline_access',
    code_challenge_method: 'S256',
    login_hint: 'ada',
    prompt: 'login',
  });
});

test('the cookie of a sign-in is sealed, short-lived and gone afterwards', async (t) => {
  const app = await oidcApp(t);
  const response = await app.browser.request(`${APP}/sign-in`);
  const [header = '', ...others] = response.headers.getSetCookie();
  assert.deepEqual(others, []);
  assert.match(header, /^__Host-tokenkeep\.signin-[\w-]{10}=[\w-]+; Path=\/; Max-Age=900; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal(response.headers.get('cache-control'), 'private, no-store');
  const url = new URL(response.headers.get('location') ?? '');
  assert.ok(!header.includes(url.searchParams.get('state') ?? ''));
  await app.finish(await app.throughProvider(url));
  assert.doesNotMatch(app.browser.cookies, /signin/);
});

test('onLogin is told the claims of the id token, for the session\'s data', async (t) => {
  const app = await oidcApp(t);
  await app.signIn();
  const [claims] = app.claims as [Record<string, unknown>];
  assert.deepEqual([claims['sub'], claims['email'], claims['name']], ['ada', 'ada@example.com', 'ADA']);
  assert.deepEqual((await session(app))?.data, { name: 'ADA' });
});

test('sign-ins in several tabs do not disturb each other, in whatever order they end', async (t) => {
  const app = await oidcApp(t);
  const first = await app.begin('?returnTo=/first');
  const second = await app.begin('?returnTo=/second');
  const answers = [await app.throughProvider(first), await app.throughProvider(second)] as const;
  assert.equal(await app.finish(answers[1]), '/second');
  assert.equal(await app.finish(answers[0]), '/first');
  assert.deepEqual(await me(app), { user: 'ada' });
});

test('no more than five sign-ins of one browser are remembered: the oldest goes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const app = await oidcApp(t);
  const begun: URL[] = [];
  for (let tab = 0; tab < 7; tab += 1) {
    begun.push(await app.begin());
    t.mock.timers.tick(10);
  }
  assert.equal(app.browser.cookies.split('; ').length, 5);
  const [oldest, , next] = begun as [URL, URL, URL];
  assert.equal(await app.finish(await app.throughProvider(oldest)), 'ERR_STATE_MISMATCH');
  assert.equal(await app.finish(await app.throughProvider(next)), '/');
});

for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example', '/%2f/evil.example', '/a%0d%0ab', '/..//evil.example']) {
  test(`after sign-in and after logout nobody is sent to ${evil}`, async (t) => {
    const app = await oidcApp(t);
    const query = `?returnTo=${encodeURIComponent(evil)}`;
    assert.equal(await app.signIn(query), '/');
    const { searchParams } = await located(app, `/sign-out${query}`);
    assert.equal(searchParams.get('post_logout_redirect_uri'), `${APP}/`);
  });
}

async function located(app: OidcApp, path: string): Promise<URL> {
  const response = await app.browser.request(`${APP}${path}`);
  return new URL(response.headers.get('location') ?? '', APP);
}

/** Changes the parameters of the provider's answer, as an attacker who writes the link does. */
const ATTACKS: [what: string, change: (parameters: URLSearchParams, app: OidcApp) => void][] = [
  ['no state', (it) => it.delete('state')],
  ['an empty state', (it) => it.set('state', '')],
  ['another state', (it) => it.set('state', 'x'.repeat(43))],
  ['a state of the same name', (it) => it.set('state', `${it.get('state')?.slice(0, 10)}${'x'.repeat(33)}`)],
  ['two states', (it) => it.append('state', 'x')],
  ['no iss', (it) => it.delete('iss')],
  ['an iss of another server', (it) => it.set('iss', 'https://evil.example')],
  ['an iss with a slash more', (it) => it.set('iss', `${it.get('iss')}/`)],
  ['two isses', (it) => it.append('iss', 'https://evil.example')],
  ['an error without state', (it) => { it.delete('state'); it.set('error', 'access_denied'); }],
  ['an error of another server', (it) => { it.set('iss', 'https://evil.example'); it.set('error', 'access_denied'); }],
];

for (const [what, change] of ATTACKS) {
  test(`an answer with ${what} is refused, and its code is not redeemed`, async (t) => {
    const app = await oidcApp(t);
    const answer = await app.throughProvider(await app.begin());
    change(answer.searchParams, app);
    assert.equal(await app.finish(answer), 'ERR_STATE_MISMATCH');
    assert.deepEqual([await session(app), app.asked.includes('POST /token')], [null, false]);
  });
}

test('an answer that another browser asked for is refused: nobody is signed in as somebody else', async (t) => {
  const app = await oidcApp(t);
  const attackers = await app.throughProvider(await app.begin('?login_hint=mallory'));
  const victim = app.stranger();
  await app.begin('', victim);
  assert.equal(await app.finish(attackers, victim), 'ERR_STATE_MISMATCH');
  assert.equal(await app.visit(async (auth) => auth.session, victim), null);
});

test('an answer is taken once', async (t) => {
  const app = await oidcApp(t);
  const answer = await app.throughProvider(await app.begin());
  assert.equal(await app.finish(answer), '/');
  assert.equal(await app.finish(answer), 'ERR_STATE_MISMATCH');
  assert.deepEqual(await me(app), { user: 'ada' });
});

test('an answer that comes after a quarter of an hour is refused', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const app = await oidcApp(t);
  const answer = await app.throughProvider(await app.begin());
  t.mock.timers.tick(900_001);
  assert.equal(await app.finish(answer), 'ERR_STATE_MISMATCH');
});

/** Rewrites the id token in the answer of the token endpoint; its signature stays. */
function withClaims(change: (claims: Record<string, unknown>, header: Record<string, unknown>) => void): Tamper {
  return rewriting((body) => {
    const [head = '', payload = '', signature] = String(body['id_token']).split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    const [header, claims] = [read(head), read(payload)];
    change(claims, header);
    const written = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    return { ...body, id_token: [...written, header.alg === 'none' ? '' : signature].join('.') };
  });
}

function rewriting(change: (body: Record<string, unknown>) => object): Tamper {
  return async (url, response) =>
    url.pathname === '/token' ? Response.json(change(await response.json())) : response;
}

const FORGERIES: [what: string, tamper: Tamper, code: string][] = [
  ['a nonce of another sign-in', withClaims((claims) => (claims['nonce'] = 'x'.repeat(43))), 'ERR_STATE_MISMATCH'],
  ['no nonce', withClaims((claims) => delete claims['nonce']), 'ERR_RESPONSE_INVALID'],
  ['another issuer', withClaims((claims) => (claims['iss'] = 'https://evil.example')), 'ERR_RESPONSE_INVALID'],
  ['another audience', withClaims((claims) => (claims['aud'] = 'another')), 'ERR_RESPONSE_INVALID'],
  ['a time that is over', withClaims((claims) => (claims['exp'] = 1)), 'ERR_RESPONSE_INVALID'],
  ['another subject, under the old signature', withClaims((claims) => (claims['sub'] = 'mallory')), 'ERR_RESPONSE_INVALID'],
  ['no signature', withClaims((_, header) => (header['alg'] = 'none')), 'ERR_RESPONSE_INVALID'],
  ['a key that nobody knows', withClaims((_, header) => (header['kid'] = 'another')), 'ERR_RESPONSE_INVALID'],
  ['no dots', rewriting((body) => ({ ...body, id_token: 'text' })), 'ERR_RESPONSE_INVALID'],
];

for (const [what, tamper, code] of FORGERIES) {
  test(`an id token with ${what} signs nobody in`, async (t) => {
    const app = await oidcApp(t);
    app.tamper = tamper;
    assert.equal(await app.signIn(), code);
    assert.deepEqual([await session(app), app.claims], [null, []]);
  });
}

test('an answer without an id token signs nobody in', async (t) => {
  const app = await oidcApp(t);
  app.tamper = rewriting(({ id_token: _, ...body }) => body);
  assert.equal(await app.signIn(), 'ERR_RESPONSE_INVALID');
});

test('no error of a sign-in holds a code, a token or a secret', async (t) => {
  for (const [, tamper] of FORGERIES) {
    const app = await oidcApp(t);
    const secrets: string[] = [app.server.clientSecret ?? ''];
    app.tamper = async (url, response) => {
      if (url.pathname === '/token') secrets.push(...Object.values(await response.clone().json()).map(String));
      return tamper(url, response);
    };
    const answer = await app.throughProvider(await app.begin());
    const text = await (await app.browser.request(answer.href)).text();
    assert.ok(secrets.length > 3);
    for (const secret of [...secrets, answer.searchParams.get('code') ?? '']) {
      if (secret.length > 10) assert.ok(!text.includes(secret), text);
    }
  }
});

const says = (error: string, status: number) => () => Response.json({ error }, { status });
const page = (status: number, headers: Record<string, string> = {}) => () => new Response('<h1>page</h1>', { status, headers });
const breaks = (): Response => {
  throw new TypeError('fetch failed');
};

/** What the provider answers where, and what the application is told. */
const REFUSALS: [what: string, path: string, answer: () => Response, code: string, providerCode: string | null, retryable: boolean][] = [
  ['a code that was used', '/token', says('invalid_grant', 400), 'ERR_SIGN_IN_REJECTED', 'invalid_grant', false],
  ['a wrong client secret', '/token', says('invalid_client', 401), 'ERR_PROVIDER_REJECTED', 'invalid_client', false],
  ['a challenge', '/token', page(401, { 'www-authenticate': 'Basic realm="x"' }), 'ERR_PROVIDER_REJECTED', 'invalid_client', false],
  ['503', '/token', page(503), 'ERR_PROVIDER_UNAVAILABLE', null, true],
  ['429', '/token', says('slow_down', 429), 'ERR_PROVIDER_UNAVAILABLE', 'slow_down', true],
  ['HTML', '/token', page(200, { 'content-type': 'text/html' }), 'ERR_RESPONSE_INVALID', null, true],
  ['a broken connection', '/token', breaks, 'ERR_TRANSPORT', null, true],
  ['no keys', '/jwks', () => Response.json({ keys: [] }), 'ERR_RESPONSE_INVALID', null, true],
];

for (const [what, path, answer, code, providerCode, retryable] of REFUSALS) {
  test(`${what} at ${path} is a typed error, and nobody is signed in`, async (t) => {
    const app = await oidcApp(t);
    app.tamper = (url, response) => (url.pathname === path ? answer() : response);
    const back = await app.throughProvider(await app.begin());
    const { message, ...found } = await (await app.browser.request(back.href)).json();
    assert.deepEqual([found, await session(app)], [{ code, providerCode, retryable }, null]);
  });
}

test('a user who cancels at the provider is told so, and signed in as before', async (t) => {
  const app = await oidcApp(t);
  await app.signIn();
  const start = await app.begin();
  const back = new URL(`${APP}/auth/callback`);
  const parameters = { error: 'access_denied', state: start.searchParams.get('state') ?? '', iss: app.server.url };
  back.search = new URLSearchParams(parameters).toString();
  const found = await (await app.browser.request(back.href)).json();
  assert.deepEqual([found.code, found.providerCode], ['ERR_SIGN_IN_REJECTED', 'access_denied']);
  assert.deepEqual(await me(app), { user: 'ada' });
});

test('a discovery document of another issuer is not believed', async (t) => {
  const app = await oidcApp(t);
  app.tamper = async (url, response) =>
    url.pathname.startsWith('/.well-known') ? Response.json({ ...(await response.json()), issuer: 'https://evil.example' }) : response;
  const found = await (await app.browser.request(`${APP}/sign-in`)).json();
  assert.deepEqual([found.code, app.browser.cookies], ['ERR_RESPONSE_INVALID', '']);
});

test('the discovery document is fetched once, and not before it is needed', async (t) => {
  const app = await oidcApp(t);
  assert.equal(await session(app), null);
  assert.deepEqual(app.asked, []);
  await app.signIn();
  await app.visit((auth) => auth.getAccessToken({ refresh: true }));
  assert.deepEqual(app.asked, ['GET /.well-known/openid-configuration', 'POST /token', 'GET /jwks', 'POST /token']);
});

test('a provider that cannot be reached when the process starts signs nobody out', async (t) => {
  const app = await oidcApp(t);
  await app.signIn();
  const cookies = app.browser.cookies;
  const restarted = await app.restarted(() => { throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }); });
  assert.notEqual(await session(restarted), null);
  const renewal = restarted.visit((auth) => auth.getAccessToken({ refresh: true }));
  await assert.rejects(renewal, { code: 'ERR_TRANSPORT', retryable: true });
  assert.equal(restarted.browser.cookies, cookies);
  const [failed] = restarted.events;
  assert.ok(failed?.type === 'refreshFailed' && failed.class === 'notNow', 'the provider has not seen the refresh token');
  restarted.tamper = (_, response) => response;
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await restarted.visit((auth) => auth.getAccessToken({ refresh: true }));
  assert.equal((await session(restarted))?.generation, 1);
});

test('logout ends the session here, revokes the refresh token, and leads to the provider and back', async (t) => {
  const app = await oidcApp(t);
  await app.signIn();
  const url = await located(app, '/sign-out?returnTo=/');
  assert.deepEqual([url.origin + url.pathname, Object.fromEntries(url.searchParams)], [
    `${app.server.url}/session/end`,
    { client_id: app.server.clientId, post_logout_redirect_uri: `${APP}/` },
  ]);
  assert.equal(app.browser.cookies, '');
  assert.equal(app.asked.at(-1), 'POST /token/revocation');
  assert.deepEqual(app.events.map(({ type }) => type).slice(-2), ['revoked', 'sessionEnded']);
});

test('the id token is kept only if the provider wants to see it at logout', async (t) => {
  const app = await oidcApp(t, { provider: { idTokenHint: true } });
  await app.signIn();
  assert.match(app.browser.cookies, /__Host-tokenkeep\.id-token=/);
  const { searchParams } = await located(app, '/sign-out');
  const [, payload = ''] = (searchParams.get('id_token_hint') ?? '').split('.');
  assert.equal(JSON.parse(Buffer.from(payload, 'base64url').toString()).sub, 'ada');
  assert.equal(app.browser.cookies, '');
});

test('a logout while the provider is down ends the session here, and leads to the own path', async (t) => {
  const app = await oidcApp(t, { app: { refresh: { maxWait: 0.2 } } });
  await app.signIn();
  const restarted = await app.restarted(() => { throw new TypeError('fetch failed'); });
  const url = await located(restarted, '/sign-out?returnTo=/bye');
  assert.equal(url.href, `${APP}/bye`);
  assert.equal(restarted.browser.cookies, '');
});

test('a server without logout and revocation is signed out of here', async (t) => {
  const app = await oidcApp(t);
  app.tamper = async (url, response) => {
    if (!url.pathname.startsWith('/.well-known')) return response;
    const { end_session_endpoint, revocation_endpoint, ...rest } = (await response.json()) as Record<string, unknown>;
    return Response.json(rest);
  };
  await app.signIn();
  assert.equal((await located(app, '/sign-out?returnTo=/bye')).href, `${APP}/bye`);
  assert.equal(app.browser.cookies, '');
});
