/** The cookie relay: page and server renew one session, and nobody loses it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { authentication, createDirectus, readMe, rest } from '@directus/sdk';
import { bearer, claims, failure, me, type Rows, untilExpiry, untilLeeway, type World } from './world.ts';
import type { Visitor } from '../../support/visitor.ts';

const COOKIE = 'directus_session_token';

/** What a page does that calls Directus itself: by Directus' own SDK, with the cookies that the browser has. */
function page({ directus }: World, browser: Visitor) {
  const withCookies: typeof fetch = async (input, init) => {
    const cookie = `${COOKIE}=${browser.jar.get(COOKIE)}`;
    const response = await fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), cookie } });
    browser.receive(response.headers.getSetCookie());
    return response;
  };
  const options = { credentials: 'include', autoRefresh: false } as const;
  const client = createDirectus(directus.url, { globals: { fetch: withCookies } }).with(authentication('session', options)).with(rest());
  const statusOf = (error: { response: Response }) => error.response.status;
  return {
    me: () => client.request(readMe()).then(() => 200, statusOf),
    refresh: () => client.refresh(),
  };
}

const sessionOf = (token = '') => claims(token)['session'];

export const relayRows: Rows = {
  'relay: a login gives the page its cookie, a renewal by the server the next one, a logout takes it away': async (world) => {
    const { browser, session } = await world.signIn({ relay: true });
    const inPage = page(world, browser);
    const first = browser.jar.get(COOKIE);
    assert.equal(await inPage.me(), 200);
    await untilLeeway(session);
    await browser.visit(me);
    assert.notEqual(sessionOf(browser.jar.get(COOKIE)), sessionOf(first));
    assert.equal(await inPage.me(), 200);
    await browser.visit((auth) => auth.logout());
    assert.equal(browser.jar.size, 0);
  },

  'relay: what the page has renewed, the server goes on with, also when its own token is dead': async (world) => {
    const { browser, user, refreshes } = await world.signIn({ relay: true });
    const inPage = page(world, browser);
    await inPage.refresh();
    await delay(2_300);
    const before = await browser.ask((auth) => auth.session?.generation);
    assert.equal(await browser.ask(me), user.email);
    assert.deepEqual([before, refreshes()], [1, 1]);
    assert.equal(await inPage.me(), 200);
    await delay(2_300);
    assert.deepEqual([await browser.ask(me), await inPage.me()], [user.email, 200]);
  },

  'relay: page and server renew at the same moment, ten rounds, and both are served': async (world) => {
    const { browser, user } = await world.signIn({ relay: true });
    const inPage = page(world, browser);
    for (let round = 0; round < 10; round++) {
      const forced = browser.ask(async (auth) => [await auth.getAccessToken({ refresh: true }), await me(auth)]);
      const [[, email]] = await Promise.all([forced, inPage.refresh()]);
      assert.equal(email, user.email);
      const together = await Promise.all([browser.ask(me), browser.copy().ask(me), inPage.me()]);
      assert.deepEqual(together, [user.email, user.email, 200]);
    }
  },

  'relay: many requests after the page has renewed cost one renewal': async (world) => {
    const { browser, user, refreshes } = await world.signIn({ relay: true });
    await page(world, browser).refresh();
    await delay(2_300);
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.copy().ask(me)));
    assert.deepEqual([new Set(answers), refreshes()], [new Set([user.email]), 1]);
  },

  'relay: a lost response is healed by the next request': async (world) => {
    const { browser, user, session } = await world.signIn({ relay: true });
    await untilLeeway(session);
    await browser.visit(me, { lost: true });
    await delay(2_300);
    assert.notEqual(await page(world, browser).me(), 200);
    assert.equal(await browser.ask(me), user.email);
    assert.equal(await page(world, browser).me(), 200);
  },

  'relay: a cookie of another user, or a forged one, is not taken; ours comes back': async (world) => {
    const { browser, user } = await world.signIn({ relay: true });
    const own = browser.jar.get(COOKIE) ?? '';
    const mallory = await world.directus.post('/auth/login', { ...(await world.createUser()), mode: 'session' });
    browser.receive(mallory.headers.getSetCookie());
    assert.equal(await browser.ask(me), user.email);
    assert.equal(claims(browser.jar.get(COOKIE) ?? '')['id'], claims(own)['id']);

    await delay(1_000);
    const payload = Buffer.from(JSON.stringify({ ...claims(own), iat: claims(own)['iat'] + 60 })).toString('base64url');
    browser.jar.set(COOKIE, `${own.split('.')[0]}.${payload}.Zm9yZ2Vk`);
    assert.equal(await browser.ask(me), user.email);
    assert.equal(await page(world, browser).me(), 200);
  },

  'relay: a logout ends what the page has renewed, too': async (world) => {
    const { browser } = await world.signIn({ relay: true });
    await page(world, browser).refresh();
    const token = browser.jar.get(COOKIE) ?? '';
    await browser.visit((auth) => auth.logout());
    const dead = await fetch(`${world.directus.url}/users/me`, { headers: bearer(token) });
    assert.deepEqual([dead.status, browser.jar.size], [401, 0]);
  },

  'relay: an expired session takes the cookie of the page along': async (world) => {
    const { browser, session } = await world.signIn({ relay: true });
    await untilExpiry(session);
    assert.equal(await browser.ask((auth) => auth.session), null);
    assert.equal(browser.jar.has(COOKIE), false);
  },

  'relay: with the refresh tokens of json and cookie mode it is refused by name': async (world) => {
    const { browser } = await world.start({ relay: true, mode: 'json' });
    assert.match((await failure(browser.ask(() => null))).message, /relay needs mode 'session'/);
  },
};

/** At the server whose cookies have other names, domains and flags. */
export const renamedRows: Rows = {
  'row 14: renamed cookies with a domain are read in every mode, and deleted': async (world) => {
    const { renamed } = world.servers;
    const user = { email: 'renamed@example.com', password: 'correct horse' };
    await renamed.createUser(user);
    const names = { sessionCookieName: 'my_st', refreshTokenCookieName: 'my_rt', at: renamed };
    for (const mode of ['cookie', 'session'] as const) {
      const { browser, refreshes } = await world.start({ ...names, mode });
      await browser.visit((auth) => auth.login(user));
      const token = await browser.ask((auth) => auth.getAccessToken({ refresh: true }));
      assert.deepEqual([token.split('.').length, refreshes()], [3, 1]);
      await browser.visit((auth) => auth.logout());
      assert.equal(browser.jar.size, 0);
      const unnamed = await world.start({ at: renamed, mode });
      const error = await unnamed.browser.ask((auth) => failure(auth.login(user)));
      assert.match(error.message, mode === 'cookie' ? /refreshTokenCookieName/ : /sessionCookieName/);
    }
  },

  'row 14: the relayed cookie is scoped for the application, several Set-Cookie headers are kept apart, and it goes with a logout': async (world) => {
    const { renamed } = world.servers;
    const user = { email: 'relayed@example.com', password: 'correct horse' };
    await renamed.createUser(user);
    const relay = { domain: 'example.com', path: '/app', sameSite: 'none', secure: true } as const;
    const { browser } = await world.start({ at: renamed, sessionCookieName: 'my_st', relay });
    const { setCookie } = await browser.visit((auth) => auth.login(user));
    assert.equal(setCookie.length, 2);
    const line = setCookie.find((one) => one.startsWith('my_st=')) ?? '';
    assert.match(line, /^my_st=[^;]+; Path=\/app; Domain=example\.com; HttpOnly; Secure; SameSite=None$/);
    const gone = await browser.visit((auth) => auth.logout());
    assert.ok(gone.setCookie.some((one) => one.startsWith('my_st=; Path=/app; Domain=example.com; Max-Age=0')));
    assert.equal(browser.jar.size, 0);
  },
};
