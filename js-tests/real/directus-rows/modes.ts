/** Rows about the three modes, their cookies, and what each is kept alive with. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { SharedStore } from '../../support/shared-store.ts';
import { Visitor } from '../../support/visitor.ts';
import { bearer, claims, failure, me, type Rows, untilExpiry, untilLeeway } from './world.ts';

export const modeRows: Rows = {
  'row 1: in json mode a session survives the expiry of its token, with one refresh': async (world) => {
    const { browser, user, refreshes, session } = await world.signIn();
    await untilExpiry(session);
    assert.equal(await browser.ask(me), user.email);
    assert.equal(refreshes(), 1);
  },

  'row 2: in cookie mode the refresh token is taken from Set-Cookie, kept and sent back as a cookie': async (world) => {
    const { browser, user, refreshes, proxy, session } = await world.signIn({ mode: 'cookie' });
    for (let generation = 1; generation <= 2; generation++) {
      const { expiresAt } = await browser.ask((auth) => auth.session ?? session);
      await untilExpiry({ ...session, expiresAt });
      assert.equal(await browser.ask(me), user.email);
      assert.equal(refreshes(), generation);
    }
    await browser.visit((auth) => auth.logout());
    assert.equal(proxy.counts['POST /auth/logout'], 1);
    assert.equal(await browser.ask((auth) => auth.session), null);
  },

  'row 3: in session mode the token is a bearer for data and a cookie for refresh and logout': async (world) => {
    const { browser, user, refreshes } = await world.signIn({ mode: 'session' });
    assert.equal(await browser.ask(me), user.email);
    const first = await browser.ask((auth) => auth.getAccessToken());
    const second = await browser.ask((auth) => auth.getAccessToken({ refresh: true }));
    assert.notEqual(claims(second)['session'], claims(first)['session']);
    assert.equal(refreshes(), 1);
    await browser.visit((auth) => auth.logout());
    const dead = await fetch(`${world.directus.url}/users/me`, { headers: bearer(second) });
    assert.equal(dead.status, 401);
  },

  'row 7: two isolates without a shared store renew one session of Directus session mode, and both get the same': async (world) => {
    const one = await world.signIn({ mode: 'session' }, { store: new SharedStore() });
    const other = await world.start({ mode: 'session' }, { store: new SharedStore() });
    await untilLeeway(one.session);
    const visitors = [one.browser, one.browser.copy(other.auth)];
    const tokens = await Promise.all(visitors.map((visitor) => visitor.ask((auth) => auth.getAccessToken())));
    assert.equal(one.refreshes() + other.refreshes(), 2);
    assert.equal(new Set(tokens.map((token) => claims(token)['session'])).size, 1);
    for (const visitor of visitors) assert.equal(await visitor.ask(me), one.user.email);
  },

  'row 13: an expired session cookie in the browser does not block login, and is deleted by us': async (world) => {
    const user = await world.createUser();
    const answer = await world.directus.post('/auth/login', { ...user, mode: 'session' });
    const { auth, proxy } = await world.start({ relay: true });
    const browser = new Visitor(auth);
    browser.receive(answer.headers.getSetCookie());
    const token = browser.jar.get('directus_session_token') ?? '';
    await delay(claims(token)['exp'] * 1000 - Date.now() + 50);
    const raw = await world.directus.post('/auth/login', { ...user }, { cookie: `directus_session_token=${token}` });
    assert.equal(raw.status, 401, 'Directus itself refuses a login beside it');

    const other = browser.copy();
    const { setCookie } = await other.visit((locals) => locals.session);
    assert.deepEqual([setCookie.length, other.jar.size], [1, 0]);
    assert.equal((await browser.ask((locals) => locals.login(user))).generation, 0);
    assert.equal(proxy.counts['POST /auth/login'], 1);
    assert.notEqual(browser.jar.get('directus_session_token'), token);

    const landing = await world.start({ mode: 'session' });
    const visitor = new Visitor(landing.auth, [['directus_session_token', token]]);
    const error = await visitor.ask((locals, request) => failure(locals.adopt(request)));
    assert.deepEqual([error.code, error.providerCode], ['ERR_LOGIN_REJECTED', 'TOKEN_EXPIRED']);
  },

  'row 22: strategy 3, Directus session mode kept alive: a request in the second half of its life renews it': async (world) => {
    const { browser, user, session, refreshes } = await world.signIn({ mode: 'session' });
    const started = Date.now();
    for (let round = 1; round <= 3; round++) {
      await untilLeeway((await browser.ask((auth) => auth.session)) ?? session);
      const { value, setCookie } = await browser.visit(me);
      assert.deepEqual([value, setCookie.length, refreshes()], [user.email, 1, round]);
    }
    assert.ok(Date.now() - started > 6_000, 'longer than the first token lived');
  },

  'row 22: a session token that nobody renewed in time is not rescued by its claim': async (world) => {
    const { browser, session, proxy, events } = await world.signIn({ mode: 'session' });
    await untilExpiry(session);
    assert.equal(await browser.ask((auth) => auth.session), null);
    assert.deepEqual(proxy.counts, { 'POST /auth/refresh': 1 });
    const failed = events.find((event) => event.type === 'refreshFailed');
    assert.equal(failed?.error.providerCode, 'TOKEN_EXPIRED', 'asked in session mode, and in no other');
  },

  'row 31: a session never changes its mode': async (world) => {
    const { browser, session, refreshes } = await world.signIn();
    const sessionMode = await world.start({ mode: 'session' });
    const elsewhere = browser.copy(sessionMode.auth);
    assert.equal((await elsewhere.ask((auth) => auth.session))?.id, session.id);
    await untilExpiry(session);
    assert.equal(await elsewhere.ask((auth) => auth.session), null);
    assert.equal(sessionMode.refreshes(), 0);
    assert.equal(await browser.ask((auth) => auth.getAccessToken()).then((token) => token.split('.').length), 3);
    assert.equal(refreshes(), 1);

    const tokens = (await (await world.directus.post('/auth/login', await world.createUser())).json() as any).data;
    const refused = await failure(sessionMode.browser.ask((auth) => auth.adopt(tokens)));
    assert.equal(refused.code, 'ERR_API_MISUSE');
  },
};
