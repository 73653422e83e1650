import test from 'node:test';
import { startDirectusStandIn } from '../../js/testing.ts';
import { directusContract } from './directus-contract.ts';
import type { DirectusUnderTest } from './directus-contract.ts';

const times = { accessTokenTtl: 2, refreshTokenTtl: 604_800, sessionCookieTtl: 4, sessionRefreshGracePeriod: 2 };

directusContract(test, async (): Promise<DirectusUnderTest> => {
  let now = Date.now();
  const standIn = await startDirectusStandIn({ ...times, now: () => now });
  return {
    ...times,
    url: standIn.url,
    createUser: async ({ token, ...user }) => standIn.addUser(token === undefined ? user : { ...user, staticToken: token }),
    requireOtp: async ({ email }) => {
      standIn.requireOtp(email, '123456');
      return () => '123456';
    },
    suspend: async (email) => standIn.suspend(email),
    lockOut: async (email) => standIn.suspend(email, { keepSessions: true }),
    pass: async (seconds) => void (now += seconds * 1000),
    stop: () => standIn.close(),
  };
});
