import assert from 'node:assert/strict';
import type { Facts } from '../directus-contract.ts';
import { assertRefused, bearer, me, newSession, newTokens, post, refresh, sessionCookie } from './client.ts';

export const suspensionFacts: Facts = {
  'a user suspended by an administrator loses sessions, login and static token, but not the access token': async (directus) => {
    const { access, refresh: token, user } = await newTokens(directus);
    await directus.suspend(user.email);
    const { email, password } = user;
    assert.equal((await me(directus, bearer(access))).status, 200);
    assertRefused(await refresh(directus, token), 401, 'INVALID_CREDENTIALS');
    assertRefused(await post(directus, '/auth/login', { email, password }), 401, 'INVALID_CREDENTIALS');
    assertRefused(await me(directus, bearer(user.token)), 401, 'INVALID_CREDENTIALS');
  },

  'a suspended user loses the session token too': async (directus) => {
    const { token, user } = await newSession(directus);
    await directus.suspend(user.email);
    assertRefused(await me(directus, sessionCookie(token)), 401, 'INVALID_CREDENTIALS');
  },

  'a user suspended by failed logins is told so at the first refresh': async (directus) => {
    const { refresh: token, user } = await newTokens(directus);
    await directus.lockOut(user.email);
    assertRefused(await refresh(directus, token), 401, 'USER_SUSPENDED');
    assertRefused(await refresh(directus, token), 401, 'INVALID_CREDENTIALS');
  },
};
