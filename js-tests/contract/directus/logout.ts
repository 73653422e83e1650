import assert from 'node:assert/strict';
import type { Facts } from '../directus-contract.ts';
import { assertCookies, assertRefused, bearer, cookie, cookieValue, createUser, login, me, newSession, newTokens, post } from './client.ts';
import { refresh, refreshSession, REFRESH_COOKIE, SESSION_COOKIE, sessionCookie } from './client.ts';

export const logoutFacts: Facts = {
  'json mode ends the refresh token, and the access token lives until it expires': async (directus) => {
    const { access, refresh: token } = await newTokens(directus);
    const answer = await post(directus, '/auth/logout', { refresh_token: token });
    assert.equal(answer.status, 204);
    assert.equal(answer.text, '');
    assertRefused(await refresh(directus, token), 401, 'INVALID_CREDENTIALS');
    assert.equal((await me(directus, bearer(access))).status, 200);
  },

  'cookie mode empties the cookie and leaves its Max-Age': async (directus) => {
    const value = cookieValue(await login(directus, await createUser(directus), { mode: 'cookie' }), REFRESH_COOKIE);
    const answer = await post(directus, '/auth/logout', {}, cookie(REFRESH_COOKIE, value));
    assert.equal(answer.status, 204);
    assertCookies(answer, { name: REFRESH_COOKIE, value: '', maxAge: directus.refreshTokenTtl });
    assertRefused(await refresh(directus, value), 401, 'INVALID_CREDENTIALS');
  },

  'session mode empties the cookie, and the session token is dead at once': async (directus) => {
    const { token } = await newSession(directus);
    const answer = await post(directus, '/auth/logout', { mode: 'session' }, sessionCookie(token));
    assert.equal(answer.status, 204);
    assertCookies(answer, { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl });
    assertRefused(await me(directus, bearer(token)), 401, 'INVALID_CREDENTIALS');
    assertRefused(await post(directus, '/auth/logout', { mode: 'session' }, sessionCookie(token)), 401, 'INVALID_CREDENTIALS');
  },

  'a dead session cookie fails even a refresh and a login that do not need it': async (directus) => {
    const { token, user } = await newSession(directus);
    const { data } = await login(directus, user);
    await post(directus, '/auth/logout', { mode: 'session' }, sessionCookie(token));
    const { email, password } = user;
    assertRefused(await refresh(directus, data.refresh_token, sessionCookie(token)), 401, 'INVALID_CREDENTIALS');
    assertRefused(await post(directus, '/auth/login', { email, password }, sessionCookie(token)), 401, 'INVALID_CREDENTIALS');
    assert.equal((await refresh(directus, data.refresh_token)).status, 200);
  },

  'an unknown refresh token is logged out like any other': async (directus) => {
    assert.equal((await post(directus, '/auth/logout', { refresh_token: 'unknown' })).status, 204);
  },

  'both cookies are deleted when both came': async (directus) => {
    const { token, user } = await newSession(directus);
    const value = cookieValue(await login(directus, user, { mode: 'cookie' }), REFRESH_COOKIE);
    const cookies = { cookie: `${SESSION_COOKIE}=${token}; ${REFRESH_COOKIE}=${value}` };
    const answer = await post(directus, '/auth/logout', { mode: 'cookie' }, cookies);
    assertCookies(
      answer,
      { name: REFRESH_COOKIE, value: '', maxAge: directus.refreshTokenTtl },
      { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl },
    );
    assert.equal((await me(directus, sessionCookie(token))).status, 200, 'only the session of the mode ends');
  },

  'logging out with a token that was refreshed leaves its successor alive': async (directus) => {
    const { token } = await newSession(directus);
    const successor = cookieValue(await refreshSession(directus, token), SESSION_COOKIE);
    assert.equal((await post(directus, '/auth/logout', { mode: 'session' }, sessionCookie(token))).status, 204);
    assert.equal((await me(directus, sessionCookie(successor))).status, 200);
  },

  'a refresh beside a logout survives it': async (directus) => {
    const { refresh: token } = await newTokens(directus);
    const [refreshed, loggedOut] = await Promise.all([refresh(directus, token), post(directus, '/auth/logout', { refresh_token: token })]);
    assert.deepEqual([refreshed.status, loggedOut.status], [200, 204]);
    assert.equal((await refresh(directus, refreshed.data.refresh_token)).status, 200);
  },
};
