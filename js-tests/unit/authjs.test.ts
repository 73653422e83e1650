/** The callbacks by themselves, called as Auth.js calls them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { isAuthError } from '../../js/errors.ts';
import { type RotationOptions, rotation } from '../../js/authjs.ts';
import { oauth } from '../../js/oauth.ts';

const SECRET = 'a secret of at least thirty-two characters';
const provider = oauth({
  url: 'https://api.example',
  tokenEndpoint: 'https://id.example/token',
  clientId: 'app',
  clientSecret: 's',
});
const account = {
  provider: 'keycloak',
  access_token: 'access-0',
  refresh_token: 'refresh-0',
  expires_in: 600,
};

let sent: string[] = [];
let answer: () => Response;

beforeEach(() => {
  mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  sent = [];
  answer = () => {
    const number = sent.length;
    return Response.json({ access_token: `access-${number}`, refresh_token: `refresh-${number}`, expires_in: 600 });
  };
});
afterEach(() => mock.timers.reset());

function tokens(options: Partial<RotationOptions> = {}) {
  const fetch = async (_: unknown, { body }: { body: string }) => {
    sent.push(new URLSearchParams(body).get('refresh_token') ?? '');
    return answer();
  };
  return rotation({ provider, secret: SECRET, fetch: fetch as never, ...options });
}

type Callbacks = ReturnType<typeof tokens>['callbacks'];

const signIn = ({ jwt }: Callbacks) => jwt({ token: { sub: 'ada' } as Record<string, unknown>, account });

/** What `locals.auth()` makes of a token. */
async function read({ jwt, session }: Callbacks, token: object) {
  const next = await jwt({ token });
  return next && { next, session: (await session({ session: {}, token: next })) as Record<string, unknown> };
}

test('runs with one old token, at once and one after the other, are one refresh', async () => {
  const { callbacks } = tokens({ exposeAccessToken: true });
  const token = (await signIn(callbacks)) as object;
  mock.timers.tick(600_000);
  const together = await Promise.all(Array.from({ length: 5 }, () => read(callbacks, token)));
  const later = await read(callbacks, token);
  for (const one of [...together, later]) assert.equal(one?.session['accessToken'], 'access-1');
  assert.deepEqual(sent, ['refresh-0']);
  mock.timers.tick(600_000);
  assert.equal((await read(callbacks, token))?.session['accessToken'], 'access-2');
  assert.deepEqual(sent, ['refresh-0', 'refresh-1']);
});

test('neither token nor session shows a token of the provider', async () => {
  const { callbacks } = tokens();
  const token = await signIn(callbacks);
  const seen = await read(callbacks, token as object);
  assert.doesNotMatch(JSON.stringify([token, seen]), /access-|refresh-/);
});

test("the application's callbacks see the sign-in, keep their claims, and get no sealed text", async () => {
  const seen: object[] = [];
  const { callbacks } = tokens({
    callbacks: {
      jwt: ({ token, account }) => (account ? { ...token, via: account.provider } : { via: token.via }),
      session: ({ session, token }) => {
        seen.push(token);
        return { ...session, via: token.via };
      },
    },
  });
  const token = (await signIn(callbacks)) as object;
  mock.timers.tick(600_000);
  const { session } = (await read(callbacks, token)) ?? {};
  assert.deepEqual(session, { via: 'keycloak' });
  assert.deepEqual(seen, [{ via: 'keycloak' }]);
  assert.equal(sent.length, 1);
});

test('a null of the application signs out', async () => {
  const { callbacks } = tokens({ callbacks: { jwt: () => null } });
  assert.equal(await callbacks.jwt({ token: { sub: 'ada' } }), null);
});

test('what has no tokens, or those of another provider, passes through as it is', async () => {
  const { callbacks } = tokens({ signInWith: ['keycloak'] });
  const token = { sub: 'ada' };
  assert.equal(await callbacks.jwt({ token, account: { provider: 'credentials' } }), token);
  assert.equal(await callbacks.jwt({ token, account: { ...account, provider: 'github' } }), token);
  assert.equal(await callbacks.jwt({ token }), token);
  assert.deepEqual(await callbacks.session({ session: { user: 1 }, token }), { user: 1 });
});

test('a token that somebody has copied is known all the same', async () => {
  const { callbacks } = tokens({ exposeAccessToken: true });
  const token = await signIn(callbacks);
  const session = await callbacks.session({ session: {}, token: { ...token } });
  assert.deepEqual(session, { accessToken: 'access-0', accessTokenExpiresAt: 1_800_000_600_000 });
});

test('a claim that only names the record works as well, and stays what it is', async () => {
  const { callbacks } = tokens({ session: { in: 'store' }, exposeAccessToken: true });
  const token = (await signIn(callbacks)) as { tokenkeep: string };
  const seen = await read(callbacks, token);
  assert.equal(seen?.session['accessToken'], 'access-0');
  assert.equal((seen?.next as typeof token).tokenkeep, token.tokenkeep);
  mock.timers.tick(600_000);
  assert.equal((await read(callbacks, token))?.session['accessToken'], 'access-1');
  assert.equal(sent.length, 1);
});

test('an outage is said as long as it lasts, and never throws', async () => {
  const { callbacks } = tokens();
  const token = (await signIn(callbacks)) as object;
  mock.timers.tick(600_000);
  const good = answer;
  answer = () => new Response('<html>', { status: 503 });
  const down = await read(callbacks, token);
  assert.deepEqual(down?.session, { error: 'ERR_PROVIDER_UNAVAILABLE' });
  answer = good;
  mock.timers.tick(60_000);
  assert.deepEqual((await read(callbacks, down?.next as object))?.session, {});
});

test('a refusal ends the session', async () => {
  const { callbacks } = tokens();
  const token = (await signIn(callbacks)) as object;
  mock.timers.tick(600_000);
  answer = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
  assert.equal(await read(callbacks, token), null);
});

test('a wrong setting stops the sign-in, and later keeps the token and says so', async (t) => {
  const token = (await signIn(tokens().callbacks)) as object;
  const { callbacks } = tokens({ secret: 'short' });
  await assert.rejects(signIn(callbacks), (error) => isAuthError(error) && error.code === 'ERR_KEY_RING');
  const said = t.mock.method(console, 'error', () => {});
  assert.deepEqual((await read(callbacks, token))?.session, { error: 'ERR_KEY_RING' });
  assert.equal(said.mock.callCount() > 0, true);
});

test('the secret is that of Auth.js where none is given', async () => {
  const { AUTH_SECRET, AUTH_SECRET_1 } = process.env;
  process.env['AUTH_SECRET'] = SECRET;
  const token = (await signIn(tokens({ secret: undefined }).callbacks)) as object;
  assert.deepEqual((await read(tokens().callbacks, token))?.session, {});
  process.env['AUTH_SECRET_1'] = `${SECRET}, a newer one`;
  assert.deepEqual((await read(tokens({ secret: undefined }).callbacks, token))?.session, {});
  Object.assign(process.env, { AUTH_SECRET, AUTH_SECRET_1 });
  if (AUTH_SECRET === undefined) delete process.env['AUTH_SECRET'];
  if (AUTH_SECRET_1 === undefined) delete process.env['AUTH_SECRET_1'];
});

test('renewRoute and getAccessToken say that the handle is missing', async () => {
  const { renewRoute, getAccessToken } = tokens();
  const request = new Request('https://app.example/renew', { method: 'POST' });
  const event = { request, cookies: { set: () => {} }, locals: {} };
  for (const call of [renewRoute, getAccessToken]) {
    await assert.rejects(call(event) as Promise<unknown>, (error) => isAuthError(error) && error.code === 'ERR_API_MISUSE');
  }
});
