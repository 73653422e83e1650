/** What `oidc` does before and without a server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { type FetchAuth, tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { isAuthError } from '../../js/errors.ts';
import { type OidcOptions, oidc } from '../../js/oidc.ts';
import type { Auth, Fetch } from '../../js/types.ts';
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

test('logout of another provider leads to the own path', async () => {
  const auth = tokenkeep({ provider: directus({ url: 'https://cms.example.com' }), secret: SECRET });
  const response = await auth.handle(new Request('https://app.example/'), (same, session) => auth.logout(same, session, { returnTo: '/bye' }));
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/bye']);
});
