/** A page that talks to a real Directus, with this package alone and with the SDK. Access tokens live 2 s. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { type Directus, startDirectus } from '../support/directus.ts';
import { servePage } from '../support/page.ts';
import { startWorld, type World } from './page/world.ts';

const skip = withoutTool('chromium');

let directus_: Directus;
let world: World;
let login: { url: string; email: string; password: string };

before(async () => {
  if (skip) return;
  const env = { WEBSOCKETS_ENABLED: 'true' };
  const options = { accessTokenTtl: 2, corsOrigin: 'true', env };
  [directus_, world] = await Promise.all([startDirectus(options), startWorld()]);
  login = { url: directus_.url, email: directus_.adminEmail, password: directus_.adminPassword };
});

after(async () => {
  await world?.close();
  await directus_?.stop();
});

/** Runs code in a page and notes its requests to Directus: paths, and those that carry a credential. */
async function observed<T>(work: (page: Page) => Promise<T>) {
  const paths: string[] = [];
  const credentials: string[] = [];
  const result = await world.inPage((page) => {
    page.on('request', (request) => {
      if (!request.url().startsWith(login.url) || request.method() === 'OPTIONS') return;
      const path = new URL(request.url()).pathname;
      paths.push(path);
      for (const name of ['authorization', 'cookie']) if (name in request.headers()) credentials.push(`${name} ${path}`);
    });
    return work(page);
  });
  return { result, paths, credentials, refreshes: paths.filter((path) => path === '/auth/refresh').length };
}

test('row 1 and row 11 (browser): a session outlives its token, and auth calls carry no credential of their own', { skip }, async () => {
  const { result, refreshes, credentials } = await observed((page) =>
    page.evaluate(async ({ url, ...credentials }) => {
      const auth = tokenkeep({ provider: directus({ url }), refresh: { ahead: false } });
      await auth.login(credentials);
      const me = async () => (await auth.fetch(`${url}/users/me`)).status;
      const statuses = [await me()];
      await new Promise((resolve) => setTimeout(resolve, 2500));
      statuses.push(await me());
      await auth.logout();
      statuses.push(await me());
      return statuses;
    }, login),
  );
  assert.deepEqual(result, [200, 200, 401]);
  assert.equal(refreshes, 1);
  assert.deepEqual([...new Set(credentials)], ['authorization /users/me']);
});

test('a wrong password is ERR_LOGIN_REJECTED, and nobody is signed in', { skip }, async () => {
  const code = await world.inPage((page) =>
    page.evaluate(async ({ url, email }) => {
      const auth = tokenkeep({ provider: directus({ url }) });
      return fate(auth.login({ email, password: 'wrong' }));
    }, login),
  );
  assert.equal(code, 'ERR_LOGIN_REJECTED');
});

test('row 28 (browser): authentication() works before and after rest() and graphql()', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      const { createDirectus, rest, graphql, readMe } = sdk;
      const clients = [
        createDirectus(url).with(authentication()).with(rest()).with(graphql()),
        createDirectus(url).with(rest()).with(graphql()).with(authentication()),
      ];
      const seen: unknown[] = [];
      for (const client of clients) {
        await client.login({ email, password });
        const { email: byRest } = await client.request(readMe({ fields: ['email'] }));
        await new Promise((resolve) => setTimeout(resolve, 2100));
        const { users_me } = await client.query<{ users_me: { email: string } }>('query { users_me { email } }', {}, 'system');
        seen.push(byRest === email, users_me.email === email);
        await client.logout();
        seen.push(await client.getToken());
      }
      return seen;
    }, login),
  );
  assert.deepEqual(result, [true, true, null, true, true, null]);
});

test('row 4 (browser): 20 refresh() and 20 getToken() of the SDK’s client cost one refresh, and the next works', { skip }, async () => {
  const { result, refreshes } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      const client = sdk.createDirectus(url).with(authentication('json', { autoRefresh: false }));
      await client.login({ email, password });
      const calls = Array.from({ length: 20 }, () => [client.refresh(), client.getToken()]);
      await Promise.all(calls.flat());
      return (await client.refresh()).access_token !== null;
    }, login),
  );
  assert.equal(result, true);
  assert.equal(refreshes, 2);
});

test('row 12 and row 24 (browser): with a dead refresh token getToken() is null, and public data is still read', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      let stored: Awaited<ReturnType<import('@directus/sdk').AuthenticationStorage['get']>> = null;
      const storage = { get: () => stored, set: (value: typeof stored) => void (stored = value) };
      const client = sdk.createDirectus(url).with(authentication('json', { storage, autoRefresh: false })).with(sdk.rest());
      await client.login({ email, password });
      const body = JSON.stringify({ refresh_token: stored!.refresh_token, mode: 'json' });
      await fetch(`${url}/auth/logout`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await new Promise((resolve) => setTimeout(resolve, 2100));
      const info = await client.request(sdk.serverInfo());
      return { token: await client.getToken(), stored, info: 'project' in info };
    }, login),
  );
  assert.deepEqual(result, { token: null, stored: null, info: true });
});

test('row 17 (browser): setToken(null) during a refresh: the token does not come back', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      const client = sdk.createDirectus(url).with(authentication('json', { autoRefresh: false }));
      await client.login({ email, password });
      const refreshing = fate(client.refresh());
      await client.setToken(null);
      await refreshing;
      const cleared = await client.getToken();
      await client.setToken('static');
      return [cleared, await client.getToken()];
    }, login),
  );
  assert.deepEqual(result, [null, 'static']);
});

test('refresh() with a refresh token of the caller’s takes the place of what setToken() was given', { skip }, async () => {
  const answer = await directus_.post('/auth/login', { email: login.email, password: login.password });
  const { data } = await answer.json();
  const { result } = await observed((page) =>
    page.evaluate(
      async ({ url, refresh_token }) => {
        const client = sdk.createDirectus(url).with(authentication('json', { autoRefresh: false })).with(sdk.rest());
        await client.setToken('static');
        const { access_token } = await client.refresh({ refresh_token });
        const { email } = await client.request(sdk.readMe({ fields: ['email'] }));
        return { isIts: (await client.getToken()) === access_token, email };
      },
      { url: login.url, refresh_token: data.refresh_token as string },
    ),
  );
  assert.deepEqual(result, { isIts: true, email: login.email });
});

test('row 15 (browser): refresh() and logout() at once, five rounds: no refresh token is left alive', { skip }, async () => {
  const answers: Promise<string | undefined>[] = [];
  await observed((page) => {
    page.on('response', (response) => {
      const issues = /\/auth\/(login|refresh)$/.test(response.url()) && response.request().method() === 'POST' && response.ok();
      if (issues) answers.push(response.json().then(({ data }) => data.refresh_token));
    });
    return page.evaluate(async ({ url, email, password }) => {
      const client = sdk.createDirectus(url).with(authentication());
      for (let round = 0; round < 5; round++) {
        await client.login({ email, password });
        await Promise.all([fate(client.refresh()), client.logout()]);
      }
    }, login);
  });
  const tokens = await Promise.all(answers);
  const statuses = await Promise.all(
    tokens.map(async (refresh_token) => (await directus_.post('/auth/refresh', { refresh_token, mode: 'json' })).status),
  );
  assert.ok(tokens.length >= 5);
  assert.deepEqual([...new Set(statuses)], [401]);
});

test('row 21 (browser): with tokens of two seconds, five requests within a second cost at most one refresh', { skip }, async () => {
  const { refreshes } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      const client = sdk.createDirectus(url).with(authentication()).with(sdk.rest());
      await client.login({ email, password });
      for (let request = 0; request < 5; request++) {
        await client.request(sdk.readMe());
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      client.stopRefreshing();
    }, login),
  );
  assert.ok(refreshes <= 1, `${refreshes} refreshes`);
});

test('row 25 and row 26 (browser): errors are the SDK’s too, and the caller’s payload is left as it is', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async ({ url, email }) => {
      const client = sdk.createDirectus(url).with(authentication());
      const payload = Object.freeze({ email, password: 'wrong' });
      const error = await client.login(payload, { otp: '000000' }).catch((error) => error);
      return [sdk.isDirectusError(error), error.errors[0].extensions.code, error.response.status, error.code, Object.keys(payload)];
    }, login),
  );
  assert.deepEqual(result, [true, 'INVALID_CREDENTIALS', 401, 'ERR_LOGIN_REJECTED', ['email', 'password']]);
});

test('row 26 (browser): the one-time password is sent as text, and the provider as a path', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async () => {
      const sent: unknown[] = [];
      const fetch = async (request: Request) => {
        sent.push([new URL(request.url).pathname, await request.clone().json()]);
        return directusError(401, 'INVALID_OTP');
      };
      const client = sdk.createDirectus('http://directus.example', { globals: { fetch } }).with(authentication());
      const payload = { identifier: 'ada', password: 'correct horse' };
      const error = await client.login(payload, { provider: 'staff/ldap', otp: '012345' }).catch((error) => error);
      return [sent, error.code];
    }),
  );
  const body = { identifier: 'ada', password: 'correct horse', otp: '012345', mode: 'json' };
  assert.deepEqual(result, [[['/auth/login/staff%2Fldap', body]], 'ERR_OTP_REQUIRED']);
});

test('row 27 (browser): a client that knows nothing but a refresh token renews at the first request', { skip }, async () => {
  const answer = await directus_.post('/auth/login', { email: login.email, password: login.password });
  const { data } = await answer.json();
  const { result, refreshes } = await observed((page) =>
    page.evaluate(
      async ({ url, refresh_token }) => {
        const stored = { access_token: null, refresh_token, expires: null, expires_at: null };
        const storage = { get: () => stored, set: () => {} };
        const client = sdk.createDirectus(url).with(authentication('json', { storage })).with(sdk.rest());
        const { email } = await client.request(sdk.readMe({ fields: ['email'] }));
        client.stopRefreshing();
        return email;
      },
      { url: login.url, refresh_token: data.refresh_token as string },
    ),
  );
  assert.equal(result, login.email);
  assert.equal(refreshes, 1);
});

test('row 33 (browser): a WebSocket gets live access tokens, also after expiry, and the session stays alive', { skip }, async () => {
  const { result } = await observed((page) =>
    page.evaluate(async ({ url, email, password }) => {
      const client = sdk.createDirectus(url).with(authentication()).with(sdk.realtime({ reconnect: false })).with(sdk.rest());
      await client.login({ email, password });
      const answers: string[] = [];
      client.onWebSocket('message', (message) => {
        if (message.type === 'auth') answers.push(message.status);
      });
      await client.connect();
      await new Promise((resolve) => setTimeout(resolve, 3500));
      client.disconnect();
      const { email: mine } = await client.request(sdk.readMe({ fields: ['email'] }));
      client.stopRefreshing();
      return { last: answers.at(-1), renewed: answers.length > 1, mine: mine === email };
    }, login),
  );
  assert.deepEqual(result, { last: 'ok', renewed: true, mine: true });
});

test('in Vite’s development mode a page signs in, without any configuration', { skip }, async () => {
  const dev = await startWorld(servePage('dev'));
  try {
    const session = await dev.inPage((page) =>
      page.evaluate(async ({ url, ...credentials }) => {
        const auth = tokenkeep({ provider: directus({ url }) });
        return (await auth.login(credentials)).generation;
      }, login),
    );
    assert.equal(session, 0);
  } finally {
    await dev.close();
  }
});
