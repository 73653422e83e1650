/** Rows about users and what they sign in with: second factors, passwords, shares, static tokens, single sign-on. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { enableTwoFactor, generateTwoFactorSecret, graphql, passwordRequest, passwordReset, readItems } from '@directus/sdk';
import { directusClient } from '../../../js/directus.ts';
import type { Auth } from '../../../js/types.ts';
import { requireOtp, totp } from '../../support/second-factor.ts';
import { bearer, claims, failure, isAlive, me, type Rows, untilExpiry, type World } from './world.ts';

async function createShare({ directus, servers }: World): Promise<{ share: string; password: string }> {
  const article = await directus.administer('POST', '/items/articles', { title: 'shared' });
  const share = { name: 'a share', collection: 'articles', item: String(article.id), role: servers.role, password: 'sesame' };
  return { share: (await directus.administer('POST', '/shares', share)).id, password: 'sesame' };
}

const titles = (auth: Auth) => directusClient<any>(auth).request(readItems('articles', { fields: ['title'] }));

/** The cookies that a sign-in of Directus leaves in a browser; the callback of single sign-on sets the same ones. */
async function cookiesOf({ directus }: World, user: object, mode: string): Promise<string[]> {
  return (await directus.post('/auth/login', { ...user, mode })).headers.getSetCookie();
}

const SSO = "SSO, whose redirect the test plays because Directus' licence blocks it";
const LANDING = 'https://app.example.com/auth/landing';

export const accountRows: Rows = {
  'row 26: credentials are sent as they are meant and not changed, the one-time password as text, the provider as a path': async (world) => {
    const bodies: Array<{ url: string; body: any }> = [];
    const { browser } = await world.start({}, {
      fetch: (input, init) => {
        const { pathname: url } = new URL(String(input));
        if (url.startsWith('/auth/login')) bodies.push({ url, body: JSON.parse(String(init?.body)) });
        return fetch(input, init);
      },
    });
    const user = await world.createUser();
    const currentOtp = await requireOtp(world.directus, user);
    const payload = Object.freeze({ ...user, otp: currentOtp() });
    await browser.visit((auth) => auth.login(payload));
    const staff = await browser.ask((auth) => failure(auth.login({ ...user, provider: 'staff' })));
    const directory = await browser.ask((auth) => failure(auth.login({ identifier: 'ada', password: 'x', provider: 'staff' })));
    assert.deepEqual([staff.providerCode, directory.providerCode], ['INVALID_CREDENTIALS', 'INVALID_PAYLOAD']);
    assert.deepEqual(bodies, [
      { url: '/auth/login', body: { ...payload, mode: 'json' } },
      { url: '/auth/login/staff', body: { ...user, mode: 'json' } },
      { url: '/auth/login/staff', body: { identifier: 'ada', password: 'x', mode: 'json' } },
    ]);
  },

  "row 27: expires counts as text and as a number: GraphQL's answer becomes a session": async (world) => {
    const { email, password } = await world.createUser();
    const { browser, refreshes } = await world.start();
    const query = `mutation { auth_login(email: "${email}", password: "${password}", mode: json) { access_token refresh_token expires } }`;
    const session = await browser.ask(async (auth) => {
      const { auth_login } = await directusClient<any>(auth).with(graphql()).query<any>(query, {}, 'system');
      assert.equal(auth_login.expires, '2000');
      return auth.adopt(auth_login);
    });
    assert.ok(Math.abs((session.expiresAt ?? 0) - Date.now() - 1_000) < 1_500);
    await untilExpiry(session);
    assert.equal(await browser.ask(me), email);
    assert.equal(refreshes(), 1);
  },

  "GraphQL's refusal comes with status 200: adopted, it is a typed error with Directus' code": async (world) => {
    const { browser } = await world.start();
    const query = 'mutation { auth_login(email: "nobody@example.com", password: "wrong") { access_token } }';
    const error = await browser.ask(async (auth) => {
      const init = { method: 'POST', body: JSON.stringify({ query }), headers: { 'content-type': 'application/json' } };
      const response = await auth.fetch(`${auth.providerUrl}/graphql/system`, init);
      assert.equal(response.status, 200);
      return failure(auth.adopt((await response.json()) as object));
    });
    assert.deepEqual([error.code, error.providerCode], ['ERR_API_MISUSE', 'INVALID_CREDENTIALS']);
  },

  'row 27: a session from a refresh token alone has its expiry from the first refresh': async (world) => {
    const user = await world.createUser();
    const { data }: any = await (await world.directus.post('/auth/login', user)).json();
    const { browser, refreshes } = await world.start();
    const session = await browser.ask((auth) => auth.adopt({ refresh_token: data.refresh_token }));
    assert.ok((session.expiresAt ?? 0) > Date.now());
    assert.deepEqual([await browser.ask(me), refreshes()], [user.email, 1]);
    assert.equal(await isAlive(world.directus, data.refresh_token), false);
  },

  'row 30: a static token passes through untouched: adopted it never expires, and a bearer of one\'s own is left alone': async (world) => {
    const token = `static-${randomUUID()}`;
    const user = await world.createUser({ token });
    const { browser, refreshes } = await world.start();
    const session = await browser.ask((auth) => auth.adopt({ access_token: token }));
    assert.equal(session.expiresAt, null);
    await delay(2_100);
    assert.equal(await browser.ask(me), user.email);
    assert.equal(await browser.ask((auth) => auth.getAccessToken({ refresh: true })), token);
    const other = await world.signIn();
    const { data }: any = await other.browser.ask(async (auth) =>
      (await auth.fetch(`${auth.providerUrl}/users/me?fields=email`, { headers: bearer(token) })).json(),
    );
    assert.deepEqual([data.email, refreshes()], [user.email, 0]);
  },

  'row 30: a share is a session that is renewed; its logout ends it here, and not at Directus': async (world) => {
    const share = await createShare(world);
    const issued: string[] = [];
    for (const mode of ['json', 'cookie', 'session'] as const) {
      const { browser, refreshes } = await world.start({ mode }, {
        fetch: async (input, init) => {
          const response = await fetch(input, init);
          const answer: any = await response.clone().json().catch(() => null);
          if (answer?.data?.refresh_token) issued.push(answer.data.refresh_token);
          return response;
        },
      });
      const session = await browser.ask((auth) => auth.login(share));
      assert.deepEqual(await browser.ask(titles), [{ title: 'shared' }]);
      if (mode !== 'session') await untilExpiry(session);
      await browser.ask((auth) => auth.getAccessToken({ refresh: mode === 'session' }));
      assert.deepEqual([await browser.ask(titles), refreshes()], [[{ title: 'shared' }], 1]);
      await browser.visit((auth) => auth.logout());
      assert.equal(await browser.ask((auth) => auth.session), null);
    }
    assert.equal(await isAlive(world.directus, issued.at(-1) ?? ''), true);
  },

  'a share with a wrong password is refused like any login': async (world) => {
    const { share } = await createShare(world);
    const { browser } = await world.start();
    const error = await browser.ask((auth) => failure(auth.login({ share, password: 'wrong' })));
    assert.equal(error.code, 'ERR_LOGIN_REJECTED');
  },

  'an enforced second factor: Directus lets the user in to set it up, and asks for it from then on': async (world) => {
    const { administer } = world.directus;
    const policy = { name: 'a second factor', app_access: false, admin_access: false, enforce_tfa: true };
    const { id } = await administer('POST', '/policies', policy);
    for (const action of ['read', 'update']) {
      await administer('POST', '/permissions', { policy: id, collection: 'directus_users', action, fields: ['*'] });
    }
    const role = await administer('POST', '/roles', { name: 'a second factor', policies: { create: [{ policy: id }] } });
    const user = await world.createUser({ role: role.id });
    const { browser } = await world.start();
    await browser.visit((auth) => auth.login(user));
    const secret = await browser.ask(async (auth) => {
      assert.equal(claims(await auth.getAccessToken())['enforce_tfa'], true);
      const client = directusClient<any>(auth);
      const generated = await client.request(generateTwoFactorSecret(user.password));
      await client.request(enableTwoFactor(generated.secret, totp(generated.secret)));
      return generated.secret;
    });
    await browser.visit((auth) => auth.logout());
    assert.equal((await browser.ask((auth) => failure(auth.login(user)))).code, 'ERR_OTP_REQUIRED');
    assert.equal((await browser.ask((auth) => auth.login({ ...user, otp: totp(secret) }))).generation, 0);
  },

  "a password is reset with the SDK's own calls, signed in or not, and every session of the user ends": async (world) => {
    const { browser, user, session } = await world.signIn();
    const { browser: stranger } = await world.start();
    await stranger.visit((auth) => directusClient<any>(auth).request(passwordRequest(user.email, 'https://app.example.com/reset')));
    const mail = await world.servers.mail.mailTo(user.email);
    const token = /https:\/\/app\.example\.com\/reset\?token=([\w.-]+)/.exec(mail)?.[1] ?? assert.fail(mail);
    await browser.visit((auth) => directusClient<any>(auth).request(passwordReset(token, 'battery staple')));
    await untilExpiry(session);
    assert.equal(await browser.ask((auth) => auth.session), null);
    assert.equal((await stranger.ask((auth) => auth.login({ ...user, password: 'battery staple' }))).generation, 0);
    const again: any = await stranger.ask((auth) => directusClient<any>(auth).request(passwordReset(token, 'once more')).catch((error) => error));
    assert.ok(again.errors[0].extensions.code === 'INVALID_TOKEN' || again.errors[0].extensions.code === 'FORBIDDEN', JSON.stringify(again));
  },

  [`row 32: ${SSO}: its cookie becomes our session in one call, in every mode`]: async (world) => {
    for (const [ours, ofDirectus] of [['json', 'cookie'], ['cookie', 'cookie'], ['session', 'session']] as const) {
      const user = await world.createUser();
      const { browser, refreshes } = await world.start({ mode: ours });
      browser.receive(await cookiesOf(world, user, ofDirectus));
      const { value: session } = await browser.visit((auth, request) => auth.adopt(request), { url: LANDING });
      assert.deepEqual([session.generation, refreshes()], [0, 1], 'Directus has judged the cookie');
      assert.equal(await browser.ask(me), user.email);
      await browser.ask((auth) => auth.getAccessToken({ refresh: true }));
      assert.equal(await browser.ask(me), user.email);
    }
  },

  [`row 32: ${SSO}: ?reason= is a typed error, and a cookie of another mode or none at all has its own`]: async (world) => {
    const { browser, proxy } = await world.start();
    const landing = (query = '') => browser.ask((auth, request) => failure(auth.adopt(request)), { url: LANDING + query });
    const shown = async (query?: string) => {
      const { code, providerCode } = await landing(query);
      return [code, providerCode];
    };
    assert.deepEqual(await shown('?reason=INVALID_PROVIDER'), ['ERR_LOGIN_REJECTED', 'INVALID_PROVIDER']);
    assert.deepEqual(await shown('?reason=INVALID_OTP'), ['ERR_OTP_REQUIRED', 'INVALID_OTP']);
    assert.deepEqual(await shown('?reason=<script>'), ['ERR_LOGIN_REJECTED', 'UNKNOWN_EXCEPTION']);
    assert.deepEqual(await shown(), ['ERR_LOGIN_REJECTED', null]);
    browser.receive(await cookiesOf(world, await world.createUser(), 'session'));
    assert.deepEqual(await shown(), ['ERR_CONFIG', null]);
    assert.deepEqual(proxy.counts, {}, 'nothing was sent');
  },
};
