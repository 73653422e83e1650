import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { directusContract } from '../contract/directus-contract.ts';
import type { DirectusUnderTest } from '../contract/directus-contract.ts';
import { startDirectus } from '../support/directus.ts';
import type { Directus } from '../support/directus.ts';
import { requireOtp } from '../support/second-factor.ts';

const times = { accessTokenTtl: 2, refreshTokenTtl: 604_800, sessionCookieTtl: 4, sessionRefreshGracePeriod: 2 };

directusContract(test, async (): Promise<DirectusUnderTest> => {
  const directus = await startDirectus({ ...times, env: { LOGIN_STALL_TIME: '0' }, log: console.error });
  return {
    ...times,
    url: directus.url,
    createUser: directus.createUser,
    requireOtp: (user) => requireOtp(directus, user),
    suspend: (email) => directus.updateUser(email, { status: 'suspended' }),
    lockOut: (email) => lockOut(directus, email),
    pass: (seconds) => delay(seconds * 1000),
    stop: directus.stop,
  };
});

/** Lets one login fail at a time until Directus, told to allow a single one, suspends the user. */
async function lockOut(directus: Directus, email: string): Promise<void> {
  await directus.administer('PATCH', '/settings', { auth_login_attempts: 1 });
  for (let attempt = 0; attempt < 3; attempt++) await directus.post('/auth/login', { email, password: 'wrong' });
  await directus.administer('PATCH', '/settings', { auth_login_attempts: 25 });
}
