/** What `oidc` does before and without a server. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { inspect } from 'node:util';
import { type FetchAuth, tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { isAuthError } from '../../js/errors.ts';
import { type OidcOptions, oidc } from '../../js/oidc.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Auth } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';

const ISSUER = 'https://id.example.com';
const good: OidcOptions = { issuer: ISSUER, redirectUri: 'https://app.example/auth/callback', clientId: 'app' };
const document = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  revocation_endpoint: `${ISSUER}/revoke`,
  end_session_endpoint: `${ISSUER}/logout`,
  jwks_uri: `${ISSUER}/jwks`,
};

/** What `handle` answers to a sign-in, or the error's code. */
async function signIn(options: OidcOptions, discovered: object, asked: string[] = []): Promise<string | null> {
  const fetch = (async (url: string) => {
    asked.push(url);
    return Response.json(discovered);
  }) as Fetch;
  const auth = tokenkeep({ provider: oidc(options), secret: SECRET, fetch });
  const response = auth.handle(new Request('https://app.example/'), auth.signIn);
  return response.then((found) => found.headers.get('location'), codeOf);
}

/** The session of a request whose answer has been sent. */
async function answered(auth: FetchAuth): Promise<Auth> {
  let found: Auth | undefined;
  await auth.handle(new Request('https://app.example/'), (_, session) => {
    found = session;
    return new Response();
  });
  return found ?? assert.fail('the request was not handled');
}

function codeOf(error: unknown): string {
  if (!isAuthError(error)) throw error;
  return error.code;
}

test('an option that is missing or malformed is named at the first request, not at import', async () => {
  for (const name of ['issuer', 'redirectUri', 'clientId'] as const) {
    for (const value of [undefined, '', ...(name === 'clientId' ? [] : ['id.example.com', '/auth'])]) {
      const auth = tokenkeep({ provider: oidc({ ...good, [name]: value }), secret: SECRET });
      const served = auth.handle(new Request('https://app.example/'), () => new Response());
      await assert.rejects(served, (error) => codeOf(error) === 'ERR_CONFIG' && String(error).includes(name));
    }
  }
});

test('an issuer with https leads to no address without', async () => {
  assert.match((await signIn(good, document)) ?? '', /^https:\/\/id\.example\.com\/authorize\?/);
  for (const name of Object.keys(document).filter((each) => each !== 'issuer')) {
    for (const address of [`http://id.example.com/x`, 'javascript:alert(1)', '/relative', '']) {
      assert.equal(await signIn(good, { ...document, [name]: address }), 'ERR_RESPONSE_INVALID', `${name} ${address}`);
    }
  }
});

test('an issuer with a path has its discovery document under it', async () => {
  const issuer = `${ISSUER}/realms/app`;
  const asked: string[] = [];
  await signIn({ ...good, issuer }, { ...document, issuer }, asked);
  assert.deepEqual(asked, [`${issuer}/.well-known/openid-configuration`]);
});

test('the profile of Google asks for a refresh token its way, and what the application asks for wins', async () => {
  const asked = async (options: OidcOptions) => new URL((await signIn(options, document)) ?? '').searchParams;
  const google = await asked({ ...good, profile: 'google' });
  assert.deepEqual([google.get('scope'), google.get('access_type'), google.get('prompt')], ['openid profile email', 'offline', 'consent']);
  const changed = await asked({ ...good, profile: 'google', scope: 'openid', parameters: { prompt: 'select_account', access_type: undefined } });
  assert.deepEqual([changed.get('scope'), changed.get('access_type'), changed.get('prompt')], ['openid', null, 'select_account']);
  assert.equal((await asked(good)).get('scope'), 'openid profile email offline_access');
});

test('signIn and callback of another provider are named misuse', async () => {
  const auth = tokenkeep({ provider: directus({ url: 'https://cms.example.com' }), secret: SECRET });
  const request = new Request('https://app.example/');
  for (const call of [auth.signIn, auth.callback]) {
    await assert.rejects(auth.handle(request, call), { code: 'ERR_API_MISUSE', message: /oidc/ });
  }
});

test('where no cookie can be written any more, all three say so before they ask anybody', async () => {
  const asked: string[] = [];
  const fetch = (async (url: string) => {
    asked.push(url);
    return Response.json(document);
  }) as Fetch;
  const session = await answered(tokenkeep({ provider: oidc(good), secret: SECRET, fetch }));
  const error = { code: 'ERR_HEADERS_SENT', retryable: false };
  await assert.rejects(session.signIn(), error);
  await assert.rejects(session.callback('/auth/callback?code=x&state=y'), error);
  await assert.rejects(session.logout(), error);
  assert.deepEqual(asked, []);
});

test('what an application prints or serialises of `auth` tells no client secret', async () => {
  const clientSecret = 'the client secret of these tests';
  const session = await answered(tokenkeep({ provider: oidc({ ...good, clientSecret }), secret: SECRET }));
  for (const text of [inspect(session, { depth: 9, showHidden: true }), JSON.stringify(session)]) {
    assert.ok(!text.includes(clientSecret) && !text.includes(SECRET));
  }
});

test('a callback with what is no URL is not the answer to a sign-in', async () => {
  const auth = tokenkeep({ provider: oidc(good), secret: SECRET });
  const response = auth.handle(new Request('https://app.example/'), async (_, session) => Response.json(await session.callback('http://[').catch(codeOf)));
  assert.equal(await (await response).json(), 'ERR_STATE_MISMATCH');
});

for (const [what, answer] of Object.entries({
  'no discovery document': () => new Response('not found', { status: 404 }),
  "another issuer's document": () => Response.json({ ...document, issuer: 'https://other.example' }),
})) {
  test(`${what} is a wrong setting for a renewal: the session is kept, and the error is loud`, async () => {
    const events: AuthEvent[] = [];
    const fetch = (async () => answer()) as Fetch;
    const auth = tokenkeep({ provider: oidc(good), secret: SECRET, fetch, onEvent: (event) => events.push(event) });
    const handled = (cookie: string, then: (session: Auth) => Promise<unknown>) =>
      auth.handle(new Request('https://app.example/', { headers: { cookie } }), async (_, session) => Response.json((await then(session)) ?? null));
    const login = await handled('', (session) => session.adopt({ access_token: 'a', refresh_token: 'r', expires_in: 900, token_type: 'bearer' }));
    const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const forced = await handled(cookie, (session) => session.getAccessToken({ refresh: true }).catch(codeOf));
    assert.deepEqual([await forced.json(), forced.headers.getSetCookie()], ['ERR_PROVIDER_REJECTED', []]);
    assert.deepEqual(events.map((event) => event.type === 'refreshFailed' && event.class), ['misconfigured']);
  });
}

test('logout of another provider leads to the own path', async () => {
  const auth = tokenkeep({ provider: directus({ url: 'https://cms.example.com' }), secret: SECRET });
  const response = await auth.handle(new Request('https://app.example/'), (same, session) => auth.logout(same, session, { returnTo: '/bye' }));
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/bye']);
});

const never = () => new Promise<never>(() => {});

/** A server whose answers are in the test's hands, an application with a signed-in user, and a clock that stands still. */
async function signedIn(t: { after(run: () => void): void }) {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_800_000_000_000 });
  t.after(() => mock.timers.reset());
  const asked: string[] = [];
  const scene = { answer: async (_path: string): Promise<Response> => Response.json(document) };
  const fetch = (url: string) => {
    asked.push(new URL(url).pathname);
    return scene.answer(asked.at(-1) ?? '');
  };
  const auth = tokenkeep({ provider: oidc(good), secret: SECRET, fetch: fetch as Fetch });
  const tokens = { access_token: 'access', refresh_token: 'refresh', expires_in: 600 };
  const signedIn = await auth.handle(new Request('https://app.example/'), async (_, session) => {
    await session.adopt(tokens);
    return new Response();
  });
  const cookie = signedIn.headers.getSetCookie().map((header) => header.split(';')[0]).join('; ');
  const request = () => new Request('https://app.example/', { headers: { cookie } });
  return {
    asked,
    answers: (answer: (path: string) => Promise<Response>) => void (scene.answer = answer),
    isSignedIn: async () => {
      const page = await auth.handle(request(), (_, { session }) => Response.json(session !== null));
      return page.json();
    },
    signIn: () => auth.handle(request(), auth.signIn).then((response) => response.headers.get('location'), codeOf),
    logout: () => auth.handle(request(), (same, session) => auth.logout(same, session, { returnTo: '/bye' })),
  };
}

/** Lets time pass, and what is under way come to its end. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('a discovery that never settles, as of a visitor who has gone, is not waited for for ever', async (t) => {
  const { asked, answers, signIn } = await signedIn(t);
  answers(never);
  void signIn();
  await pass(0);
  answers(async () => Response.json(document));
  const followers = [signIn(), signIn()];
  await pass(10_999);
  assert.equal(asked.length, 1);
  await pass(1);
  assert.equal(asked.length, 2);
  for (const location of await Promise.all(followers)) assert.match(location ?? '', /\/authorize\?/);
});

for (const [hanging, leadsTo] of [['/.well-known/openid-configuration', '/bye'], ['/revoke', `${ISSUER}/logout`]] as const) {
  test(`while ${hanging} hangs, a logout ends our session at once and is answered after maxWait`, async (t) => {
    const { asked, answers, isSignedIn, logout } = await signedIn(t);
    const signedInWhenAsked: boolean[] = [];
    answers(async (path) => {
      signedInWhenAsked.push(await isSignedIn());
      return path === hanging ? never() : Response.json(document);
    });
    assert.equal(await isSignedIn(), true);
    let response: Response | undefined;
    void logout().then((answer) => void (response = answer));
    await pass(0);
    await pass(4_999);
    assert.deepEqual([asked.at(-1), response], [hanging, undefined]);
    for (let ms = 0; ms < 5; ms += 1) await pass(1);
    assert.equal(response?.headers.get('location')?.split('?')[0], leadsTo);
    assert.match(response?.headers.get('set-cookie') ?? '', /Max-Age=0/);
    assert.deepEqual([...new Set(signedInWhenAsked)], [false]);
  });
}
