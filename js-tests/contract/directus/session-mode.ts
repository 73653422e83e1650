import assert from 'node:assert/strict';
import type { DirectusUnderTest, Facts } from '../directus-contract.ts';
import { assertCookies, assertRefused, bearer, cookieValue, decode, get, login, me, newSession, post } from './client.ts';
import { refresh, refreshSession, SESSION_COOKIE, sessionCookie } from './client.ts';

const successorOf = async (directus: DirectusUnderTest, token: string) => {
  const answer = await refreshSession(directus, token);
  assert.equal(answer.status, 200);
  return cookieValue(answer, SESSION_COOKIE);
};
const sessionOf = (token: string): string => decode(token).claims.session;

export const sessionModeFacts: Facts = {
  'a refresh answers with a new cookie only': async (directus) => {
    const { token } = await newSession(directus);
    const answer = await refreshSession(directus, token);
    assert.deepEqual(answer.data, { expires: directus.sessionCookieTtl * 1000 });
    const value = cookieValue(answer, SESSION_COOKIE);
    assert.notEqual(sessionOf(value), sessionOf(token));
    assertCookies(answer, { name: SESSION_COOKIE, value, maxAge: directus.sessionCookieTtl });
  },

  'twenty parallel refreshes all succeed with the same session': async (directus) => {
    const { token } = await newSession(directus);
    const successors = await Promise.all(Array.from({ length: 20 }, () => successorOf(directus, token)));
    assert.equal(new Set(successors.map(sessionOf)).size, 1);
    for (const successor of new Set(successors)) assert.equal((await me(directus, sessionCookie(successor))).status, 200);
  },

  'inside the grace period the old token works, and refreshes to the same successor': async (directus) => {
    const { token } = await newSession(directus);
    const successor = await successorOf(directus, token);
    assert.equal((await me(directus, sessionCookie(token))).status, 200);
    assert.equal(sessionOf(await successorOf(directus, token)), sessionOf(successor));
  },

  'after the grace period the old token is dead and its cookie deleted, the successor lives': async (directus) => {
    const { token } = await newSession(directus);
    const successor = await successorOf(directus, token);
    await directus.pass(directus.sessionRefreshGracePeriod + 0.1);
    for (const answer of [await me(directus, sessionCookie(token)), await refreshSession(directus, token)]) {
      assertRefused(answer, 401, 'INVALID_CREDENTIALS');
      assertCookies(answer, { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl });
    }
    assert.equal((await me(directus, sessionCookie(successor))).status, 200);
  },

  'a token two refreshes back leads to the one between': async (directus) => {
    const { token } = await newSession(directus);
    const second = await successorOf(directus, token);
    const third = await successorOf(directus, second);
    assert.equal(sessionOf(await successorOf(directus, token)), sessionOf(second));
    assert.equal((await me(directus, sessionCookie(third))).status, 200);
  },

  'nothing but a refresh renews the cookie': async (directus) => {
    const { token } = await newSession(directus);
    await directus.pass(directus.sessionCookieTtl - 2);
    const answer = await me(directus, sessionCookie(token));
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.headers.getSetCookie(), []);
  },

  'an expired session token fails everything, its own renewal and a new login included, and is not deleted': async (directus) => {
    const { token, user } = await newSession(directus);
    await directus.pass(directus.sessionCookieTtl);
    const expired = sessionCookie(token);
    const { email, password } = user;
    const answers = [
      await me(directus, expired),
      await get(directus, '/server/info', expired),
      await refreshSession(directus, token),
      await post(directus, '/auth/logout', { mode: 'session' }, expired),
      await post(directus, '/auth/login', { email, password, mode: 'session' }, expired),
    ];
    for (const answer of answers) {
      assertRefused(answer, 401, 'TOKEN_EXPIRED');
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    await login(directus, user, { mode: 'session' });
  },

  'an expired session token cannot be refreshed beside a bearer that is valid': async (directus) => {
    const { token, user } = await newSession(directus);
    await directus.pass(directus.sessionCookieTtl);
    const headers = { ...sessionCookie(token), ...bearer(user.token) };
    assertRefused(await post(directus, '/auth/refresh', { mode: 'session' }, headers), 401, 'TOKEN_EXPIRED');
  },

  'the claim of an expired session that was never refreshed still works in json mode': async (directus) => {
    const { token } = await newSession(directus);
    await directus.pass(directus.sessionCookieTtl);
    assert.equal((await refresh(directus, sessionOf(token))).status, 200);
  },

  'the claim of a session that was refreshed breaks json mode': async (directus) => {
    const { token } = await newSession(directus);
    await successorOf(directus, token);
    assertRefused(await refresh(directus, sessionOf(token)), 500, 'INTERNAL_SERVER_ERROR');
  },

  'a session token is a bearer for data': async (directus) => {
    const { token, user } = await newSession(directus);
    const answer = await me(directus, bearer(token));
    assert.equal(answer.data.id, user.id);
  },

  'a garbage session cookie is refused and deleted': async (directus) => {
    const answer = await refreshSession(directus, 'garbage');
    assertRefused(answer, 401, 'INVALID_CREDENTIALS');
    assertCookies(answer, { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl });
  },
};
