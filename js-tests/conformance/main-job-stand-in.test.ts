import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { directus } from '../../js/directus.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import { startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { mainJob } from './main-job.ts';
import type { ProviderUnderTest } from './main-job.ts';

async function startProvider(): Promise<ProviderUnderTest> {
  const standIn = await startDirectusStandIn({ accessTokenTtl: 2, sessionCookieTtl: 10 });
  return {
    url: standIn.url,
    createUser: async () => {
      const user = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
      standIn.addUser(user);
      return user;
    },
    requireOtp: async ({ email }) => {
      standIn.requireOtp(email, '123456');
      return () => '123456';
    },
    suspend: async ({ email }) => standIn.suspend(email),
    stop: () => standIn.close(),
  };
}

mainJob(test, startProvider, { concurrency: 16 });

test('a clock that was set forward at the provider: the data call that finds out renews once and is repeated once', async (context) => {
  let ahead = -100_000;
  const standIn = await startDirectusStandIn({ now: () => Date.now() + ahead });
  context.after(() => standIn.close());
  const app = await startApp({ provider: directus({ url: standIn.url }) });
  context.after(() => app.close());
  const admin = { email: 'admin@example.com', password: 'password' };
  const [browser, another] = [new Browser(app.url), new Browser(app.url)];

  assert.equal((await browser.post('/login', admin)).status, 200);
  ahead = 0;
  // The second login teaches the clock that the first token is older than it seemed.
  assert.equal((await another.post('/login', admin)).status, 200);
  assert.equal((await browser.get('/data')).body.how, 'fresh');
  ahead = 3_600_000;
  standIn.resetCounters();
  const page = await browser.get('/me');
  assert.deepEqual([page.status, page.body.data.email, page.body.how], [200, admin.email, 'refreshed']);
  assert.equal(page.setCookie.length, 1);
  const { refresh, me } = standIn.counters;
  assert.deepEqual({ refresh, me }, { refresh: 1, me: 2 });
});
