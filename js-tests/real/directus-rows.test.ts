/**
 * What a drop-in for Directus' own authentication must do: 33 rows, each against a real Directus. Those of the SDK's composable and of
 * the browser are elsewhere. `docs/directus.md` is the manual to it.
 */
import test, { after, before, type TestContext } from 'node:test';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startDirectus } from '../support/directus.ts';
import { startMailServer } from '../support/mail.ts';
import { accountRows } from './directus-rows/accounts.ts';
import { clockRows, failureRows, rateLimitRows } from './directus-rows/failures.ts';
import { modeRows } from './directus-rows/modes.ts';
import { parallelRows, processRows } from './directus-rows/parallel.ts';
import { relayRows, renamedRows } from './directus-rows/relay.ts';
import { sdkRows } from './directus-rows/sdk.ts';
import { type Rows, type Servers, World } from './directus-rows/world.ts';

/** Passwords are hashed quickly: none of these rows is about that. */
const QUICK = { LOGIN_STALL_TIME: '0', HASH_MEMORY_COST: '1024', HASH_TIME_COST: '2', HASH_PARALLELISM: '1' };

const RENAMED = {
  SESSION_COOKIE_NAME: 'my_st',
  SESSION_COOKIE_DOMAIN: '.example.com',
  SESSION_COOKIE_SAME_SITE: 'none',
  SESSION_COOKIE_SECURE: 'true',
  REFRESH_TOKEN_COOKIE_NAME: 'my_rt',
  REFRESH_TOKEN_COOKIE_DOMAIN: '.example.com',
  REFRESH_TOKEN_COOKIE_SAME_SITE: 'strict',
  REFRESH_TOKEN_COOKIE_SECURE: 'true',
  RATE_LIMITER_ENABLED: 'true',
  RATE_LIMITER_POINTS: '60',
  RATE_LIMITER_DURATION: '4',
};

let servers: Servers;

before(async () => {
  const mail = await startMailServer();
  const [directus, renamed] = await Promise.all([
    startDirectus({
      accessTokenTtl: 2,
      sessionCookieTtl: 6,
      sessionRefreshGracePeriod: 2,
      log: console.error,
      env: {
        ...QUICK,
        WEBSOCKETS_ENABLED: 'true',
        AUTH_PROVIDERS: 'staff',
        AUTH_STAFF_DRIVER: 'local',
        EMAIL_TRANSPORT: 'smtp',
        EMAIL_SMTP_HOST: '127.0.0.1',
        EMAIL_SMTP_PORT: String(mail.port),
        EMAIL_SMTP_IGNORE_TLS: 'true',
        EMAIL_VERIFY_SETUP: 'false',
        PASSWORD_RESET_URL_ALLOW_LIST: 'https://app.example.com/reset',
      },
    }),
    startDirectus({ accessTokenTtl: 2, log: console.error, env: { ...QUICK, ...RENAMED } }),
  ]);
  servers = { directus, renamed, mail, role: await roleOfReaders(directus.administer) };
});

after(async () => {
  await Promise.all([servers?.directus.stop(), servers?.renamed.stop()]);
  servers?.mail.close();
});

/** Neither administrators nor users of Directus' own app: an installation without a licence has few seats for those, and no filters. */
async function roleOfReaders(administer: Servers['directus']['administer']): Promise<string> {
  const key = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };
  const fields = [key, { field: 'title', type: 'string', schema: {}, meta: {} }];
  await administer('POST', '/collections', { collection: 'articles', schema: {}, meta: {}, fields });
  const policy = await administer('POST', '/policies', { name: 'readers', app_access: false, admin_access: false });
  const permissions = [['directus_users', 'read'], ['articles', 'read'], ['articles', 'create']];
  for (const [collection, action] of permissions) {
    await administer('POST', '/permissions', { policy: policy.id, collection, action, fields: ['*'] });
  }
  return (await administer('POST', '/roles', { name: 'readers', policies: { create: [{ policy: policy.id }] } })).id;
}

/** Declares one test for each row, of which `concurrency` run at the same time. */
function declare(name: string, rows: Rows, options: { concurrency: number; skip?: string | false }): void {
  test(name, options, async (group) => {
    const row = (context: TestContext, check: Rows[string]) => check(new World(servers, context));
    await Promise.all(Object.entries(rows).map(([sentence, check]) => group.test(sentence, (context) => row(context, check))));
  });
}

declare('with a clock that is wrong', clockRows, { concurrency: 1 });
declare('the three modes', modeRows, { concurrency: 6 });
declare('many requests and processes', parallelRows, { concurrency: 3 });
declare('several processes', processRows, { concurrency: 1, skip: withoutTool('redis-server') });
declare('failures', failureRows, { concurrency: 6 });
declare('accounts', accountRows, { concurrency: 3 });
declare('the cookie relay', relayRows, { concurrency: 6 });
declare('the SDK on servers', sdkRows, { concurrency: 2 });
declare('another Directus, with renamed cookies', renamedRows, { concurrency: 1 });
declare('another Directus, which limits the rate of requests', rateLimitRows, { concurrency: 1 });
