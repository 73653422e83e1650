/** The oauth provider against the certified oidc-provider. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { isAuthError } from '../../js/errors.ts';
import { type OAuthOptions, oauth } from '../../js/oauth.ts';
import { type FaultProxy, startFaultProxy } from '../../js/testing.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Auth } from '../../js/types.ts';
import { Browser } from '../races/browser.ts';
import { type OidcOptions, type OidcServer, startOidcProvider } from '../support/oidc-provider.ts';

interface Scene {
  readonly oidc: OidcServer;
  readonly proxy: FaultProxy;
  readonly browser: Browser;
  readonly events: AuthEvent[];
}

type Page = (auth: Auth) => Promise<unknown>;

/** An application whose every route is in the hands of the test. */
async function scene(
  t: TestContext,
  options: OidcOptions = {},
  more: Partial<OAuthOptions> = {},
): Promise<Scene & { visit(page: Page, browser?: Browser): Promise<unknown> }> {
  const oidc = await startOidcProvider(options);
  const proxy = await startFaultProxy(oidc.url);
  t.after(() => Promise.all([proxy.close(), oidc.close()]));
  const events: AuthEvent[] = [];
  const auth = tokenkeep({
    provider: oauth({
      url: `${proxy.url}/api`,
      tokenEndpoint: `${proxy.url}/token`,
      revocationEndpoint: `${proxy.url}/token/revocation`,
      clientId: oidc.clientId,
      clientSecret: oidc.clientSecret,
      clientAuth: options.clientAuth ?? 'basic',
      ...more,
    }),
    secret: randomBytes(32).toString('base64url'),
    onEvent: (event) => events.push(event),
  });
  let page: Page = async () => null;
  const browser = new Browser((request) =>
    auth.handle(request, async (_, locals) => Response.json({ said: await page(locals) })),
  );
  const visit = async (next: Page, who = browser) => {
    page = next;
    const body = (await (await who.request('http://app.example/')).json()) as { said: unknown };
    return body.said;
  };
  return { oidc, proxy, browser, events, visit };
}

async function signIn({ oidc, visit }: Awaited<ReturnType<typeof scene>>): Promise<void> {
  const answer = await oidc.signIn('alice');
  await visit((auth) => auth.adopt(answer));
}

const whoAmI =
  (proxy: FaultProxy): Page =>
  async (auth) =>
    (await auth.fetch(`${proxy.url}/api/me`)).json();

const refresh: Page = async (auth) => {
  await auth.getAccessToken({ refresh: true });
  return auth.how;
};

const servers = (['strict', 'none', { overlap: 10 }] as const).flatMap((rotation) =>
  (['basic', 'post', 'none'] as const).flatMap((clientAuth) =>
    (['opaque', 'jwt'] as const).map((accessTokens) => ({ rotation, clientAuth, accessTokens })),
  ),
);

for (const server of servers) {
  test(`a session lives through three renewals: ${JSON.stringify(server)}`, async (t) => {
    const app = await scene(t, server);
    await signIn(app);
    for (let generation = 1; generation <= 3; generation += 1) {
      assert.equal(await app.visit(refresh), 'refreshed');
      assert.equal(await app.visit(async (auth) => auth.session?.generation), generation);
      assert.deepEqual(await app.visit(whoAmI(app.proxy)), { user: 'alice' });
    }
    assert.equal(app.proxy.counts['POST /token'], 3);
    const token = (await app.visit((auth) => auth.getAccessToken())) as string;
    assert.equal(token.split('.').length, server.accessTokens === 'jwt' ? 3 : 1);
  });
}

test('a token answer without an access token starts no session', async (t) => {
  const app = await scene(t);
  const adopted = app.visit((auth) => auth.adopt({ error: 'access_denied' } as never));
  await assert.rejects(adopted, (error) => isAuthError(error) && error.code === 'ERR_API_MISUSE');
  assert.equal(app.browser.cookies, '');
});

test('there is no login with a password', async (t) => {
  const app = await scene(t);
  const login = app.visit((auth) => auth.login({ email: 'alice', password: 'password' }));
  await assert.rejects(login, (error) => isAuthError(error) && error.code === 'ERR_API_MISUSE');
});

test('a second sign-in ends the first session at the provider', async (t) => {
  const app = await scene(t);
  await signIn(app);
  const first = app.browser.snapshot();
  await signIn(app);
  await until(() => app.events.some(({ type }) => type === 'revoked'));
  assert.equal(await app.visit(async (auth) => auth.session, first), null);
  assert.deepEqual(await app.visit(whoAmI(app.proxy)), { user: 'alice' });
});

test('a logout revokes the newest refresh token', async (t) => {
  const app = await scene(t);
  await signIn(app);
  await app.visit(refresh);
  await app.visit((auth) => auth.logout());
  assert.equal(app.proxy.counts['POST /token/revocation'], 1);
  assert.equal(app.browser.cookies, '');
});

test('a logout that the provider does not let us revoke is a logout, and the operator is told', async (t) => {
  const app = await scene(t);
  await signIn(app);
  app.proxy.faults.set('POST /token/revocation', { kind: 'status', status: 401, body: { error: 'invalid_client' } });
  await app.visit((auth) => auth.logout());
  assert.equal(app.browser.cookies, '');
  const told = app.events.find(({ type }) => type === 'revocationFailed');
  assert.ok(told?.type === 'revocationFailed' && told.error.providerCode === 'invalid_client');
  assert.ok(!app.events.some(({ type }) => type === 'revoked'));
});

for (const error of ['invalid_client', 'unauthorized_client', 'invalid_scope', 'temporarily_unavailable']) {
  test(`${error} costs no session, and the operator is told`, async (t) => {
    const app = await scene(t);
    await signIn(app);
    app.proxy.faults.set('POST /token', { kind: 'status', status: 400, body: { error } });
    await assert.rejects(app.visit(refresh), (thrown) => isAuthError(thrown) && thrown.providerCode === error && !thrown.sessionEnded);
    assert.ok(app.events.some((event) => event.type === 'refreshFailed' && event.error.providerCode === error));
    assert.deepEqual(await app.visit(whoAmI(app.proxy)), { user: 'alice' });
  });
}

test('invalid_grant ends the session, once', async (t) => {
  const app = await scene(t);
  await signIn(app);
  app.proxy.faults.set('POST /token', { kind: 'status', status: 400, body: { error: 'invalid_grant' } });
  const code = await app.visit((auth) => refresh(auth).catch((error) => error.code));
  assert.equal(code, 'ERR_SIGNED_OUT');
  assert.deepEqual([app.browser.cookies, await app.visit(async (auth) => auth.session)], ['', null]);
  assert.equal(app.events.filter(({ type }) => type === 'sessionEnded').length, 1);
});

test('an old cookie gets the newest tokens, and its refresh token is not judged any more', async (t) => {
  const app = await scene(t);
  await signIn(app);
  const old = app.browser.snapshot();
  await app.visit(refresh);
  app.proxy.faults.set('POST /token', { kind: 'status', status: 400, body: { error: 'invalid_grant' } });
  assert.deepEqual(await app.visit(whoAmI(app.proxy), old), { user: 'alice' });
});

test('a revoked access token is noticed by the 401 of a data call', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const app = await scene(t);
  await signIn(app);
  t.mock.timers.tick(31_000);
  app.proxy.faults.next('GET /api/me', { kind: 'status', status: 401, body: { error: 'invalid_token' } });
  assert.deepEqual(await app.visit(whoAmI(app.proxy)), { user: 'alice' });
  assert.equal(app.proxy.counts['POST /token'], 1);
});

test('a scope that was not granted is a wrong setting, and costs no session', async (t) => {
  const app = await scene(t, {}, { scope: 'openid admin' });
  await signIn(app);
  const renewed = app.visit(refresh);
  await assert.rejects(
    renewed,
    (error) => isAuthError(error) && error.providerCode === 'invalid_scope' && !error.sessionEnded,
  );
  assert.deepEqual(await app.visit(whoAmI(app.proxy)), { user: 'alice' });
});

test('a provider that wants to see the user keeps what works and asks for a sign-in after that', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const app = await scene(t);
  await signIn(app);
  const wanted = { kind: 'status', status: 400, body: { error: 'login_required' } } as const;
  app.proxy.faults.set('POST /token', wanted);
  t.mock.timers.tick(880_000);
  assert.equal(await app.visit(async (auth) => auth.require() && auth.how), 'kept');
  t.mock.timers.tick(60_000);
  const page = (auth: Auth) => Promise.resolve(auth.require({ redirectTo: '/sign-in' }));
  const redirected = await app.visit(page).catch(() => 'redirected');
  assert.equal(redirected, 'redirected');
  assert.notEqual(app.browser.cookies, '');
});

test('with an overlap a renewal whose answer was lost is repeated at once', async (t) => {
  const app = await scene(t, { rotation: { overlap: 10 } }, { reuseWindow: 10 });
  await signIn(app);
  app.proxy.faults.next('POST /token', { kind: 'dropResponse' });
  assert.equal(await app.visit(refresh), 'refreshed');
  assert.equal(app.proxy.counts['POST /token'], 2);
});

test('without an overlap it is not repeated at once', async (t) => {
  const app = await scene(t);
  await signIn(app);
  app.proxy.faults.next('POST /token', { kind: 'dropResponse' });
  await assert.rejects(
    app.visit(refresh),
    (error) => isAuthError(error) && error.retryable && error.code === 'ERR_TRANSPORT',
  );
  assert.equal(app.proxy.counts['POST /token'], 1);
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition() && tries < 1000; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(condition());
}
