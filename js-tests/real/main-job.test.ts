import { randomUUID } from 'node:crypto';
import test, { after, before } from 'node:test';
import { mainJob } from '../conformance/main-job.ts';
import type { ProviderUnderTest } from '../conformance/main-job.ts';
import { startDirectus } from '../support/directus.ts';
import type { Directus } from '../support/directus.ts';
import { requireOtp } from '../support/second-factor.ts';

let directus: Directus;
let role: string;

before(async () => {
  directus = await startDirectus({ accessTokenTtl: 2, sessionCookieTtl: 10, env: { LOGIN_STALL_TIME: '0' }, log: console.error });
  role = await roleThatReadsUsers();
});
after(() => directus.stop());

/** Neither administrators nor users of Directus' own app: an installation without a licence has few seats for those, and no filters. */
async function roleThatReadsUsers(): Promise<string> {
  const policy = await directus.administer('POST', '/policies', { name: 'reads users', app_access: false, admin_access: false });
  await directus.administer('POST', '/permissions', {
    policy: policy.id,
    collection: 'directus_users',
    action: 'read',
    fields: ['*'],
  });
  const created = await directus.administer('POST', '/roles', { name: 'reads users', policies: { create: [{ policy: policy.id }] } });
  return created.id;
}

async function provider(): Promise<ProviderUnderTest> {
  return {
    url: directus.url,
    createUser: async () => {
      const user = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
      await directus.createUser({ ...user, role });
      return user;
    },
    requireOtp: (user) => requireOtp(directus, user),
    suspend: ({ email }) => directus.updateUser(email, { status: 'suspended' }),
    stop: async () => {},
  };
}

mainJob(test, provider, { concurrency: 3 });
