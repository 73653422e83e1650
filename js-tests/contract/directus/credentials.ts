import assert from 'node:assert/strict';
import type { Facts } from '../directus-contract.ts';
import { assertCookies, assertRefused, bearer, createUser, forge, get, me, newSession, newTokens, patch, post, refresh } from './client.ts';
import { SESSION_COOKIE, sessionCookie } from './client.ts';

export const credentialFacts: Facts = {
  'without credentials only public data is served': async (directus) => {
    assertRefused(await me(directus, {}), 401, 'INVALID_CREDENTIALS');
    assert.equal((await get(directus, '/server/info')).status, 200);
    assertRefused(await get(directus, '/auth/login'), 404, 'ROUTE_NOT_FOUND');
    assert.equal((await get(directus, '/server/ping')).text, 'pong');
  },

  'without credentials, and without a permission, nobody changes themselves': async (directus) => {
    const { token } = await createUser(directus);
    assertRefused(await patch(directus, '/users/me', { first_name: 'Ada' }), 401, 'INVALID_CREDENTIALS');
    assertRefused(await patch(directus, '/users/me', { first_name: 'Ada' }, bearer(token)), 403, 'FORBIDDEN');
  },

  'an expired bearer fails everything but the ping, login, refresh and logout included': async (directus) => {
    const { access, refresh: token, user } = await newTokens(directus);
    await directus.pass(directus.accessTokenTtl);
    const expired = bearer(access);
    const { email, password } = user;
    const answers = [
      await me(directus, expired),
      await get(directus, '/server/info', expired),
      await get(directus, '/no-such-route', expired),
      await post(directus, '/auth/login', { email, password }, expired),
      await refresh(directus, token, expired),
      await post(directus, '/auth/logout', { refresh_token: token }, expired),
    ];
    for (const answer of answers) assertRefused(answer, 401, 'TOKEN_EXPIRED');
    assert.equal((await get(directus, '/server/ping', expired)).text, 'pong');
    assert.equal((await refresh(directus, token)).status, 200);
  },

  'a bearer that is no JWT is taken for a static token': async (directus) => {
    assertRefused(await get(directus, '/server/info', bearer('garbage')), 401, 'INVALID_CREDENTIALS');
    assertRefused(await get(directus, '/server/info', bearer('a.b.c')), 401, 'INVALID_CREDENTIALS');
  },

  'a forged token is refused, and its session cookie deleted': async (directus) => {
    const { token } = await newSession(directus);
    const asBearer = await get(directus, '/server/info', bearer(forge(token)));
    assertRefused(asBearer, 403, 'INVALID_TOKEN');
    assert.deepEqual(asBearer.headers.getSetCookie(), []);
    const asCookie = await get(directus, '/server/info', sessionCookie(forge(token)));
    assertRefused(asCookie, 403, 'INVALID_TOKEN');
    assertCookies(asCookie, { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl });
  },

  'a forged token that has expired is forged': async (directus) => {
    const { access } = await newTokens(directus);
    await directus.pass(directus.accessTokenTtl);
    assertRefused(await me(directus, bearer(forge(access))), 403, 'INVALID_TOKEN');
  },

  'a static token works in the header, in the query and as the session cookie, but cannot be refreshed': async (directus) => {
    const { id, token } = await createUser(directus);
    const answers = [
      await me(directus, bearer(token)),
      await me(directus, { authorization: `bearer ${token}` }),
      await get(directus, `/users/me?access_token=${token}`),
      await me(directus, sessionCookie(token)),
    ];
    for (const { data } of answers) assert.equal(data.id, id);
    assertRefused(await post(directus, '/auth/refresh', { mode: 'session' }, sessionCookie(token)), 400, 'INVALID_PAYLOAD');
  },

  'a token in the query and one in the header are one too many': async (directus) => {
    const { token } = await createUser(directus);
    assertRefused(await get(directus, `/users/me?access_token=${token}`, bearer(token)), 400, 'INVALID_PAYLOAD');
  },

  'the header wins over the session cookie, for better and for worse': async (directus) => {
    const { token: session, user } = await newSession(directus);
    assertRefused(await me(directus, { ...bearer('garbage'), ...sessionCookie(session) }), 401, 'INVALID_CREDENTIALS');
    const answer = await me(directus, { ...bearer(user.token), ...sessionCookie('garbage') });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.headers.getSetCookie(), []);
  },

  'other schemes are no credentials': async (directus) => {
    assert.equal((await get(directus, '/server/info', { authorization: 'Basic Zm9vOmJhcg==' })).status, 200);
  },
};
