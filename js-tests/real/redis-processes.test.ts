/** Several processes, one secret, one Redis, one provider. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { type DirectusStandIn, startDirectusStandIn } from '../../js/testing.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { type AppAnswer, AppProcess, type AppSettings } from '../support/app-process.ts';
import { RedisServer, type RedisOptions } from '../support/redis.ts';

const skip = withoutTool('redis-server');
/** Seconds; the shortest with which a hundred requests are served before it is over again. */
const TOKEN_LIFE = 3;

interface Scene {
  readonly redis: RedisServer;
  readonly directus: DirectusStandIn;
  readonly apps: AppProcess[];
}

async function scene(
  t: TestContext,
  processes: number,
  { redis: redisOptions = {}, ...more }: Partial<AppSettings> & { redis?: RedisOptions } = {},
): Promise<Scene> {
  const redis = await RedisServer.start(redisOptions);
  const directus = await startDirectusStandIn({ accessTokenTtl: TOKEN_LIFE });
  const secret = randomBytes(32).toString('base64url');
  const clients = ['node-redis', 'ioredis'] as const;
  const apps = await Promise.all(
    Array.from({ length: processes }, (_, index) => {
      const client = clients[index % 2] as AppSettings['client'];
      const settings = { client, redisPort: redis.port, directusUrl: directus.url, secret };
      return AppProcess.start({ ...settings, ...more });
    }),
  );
  t.after(async () => {
    directus.faults.clear();
    await Promise.all(apps.map((app) => app.kill()));
    await Promise.all([redis.stop(), directus.close()]);
  });
  return { redis, directus, apps };
}

function app(apps: readonly AppProcess[], index: number): AppProcess {
  return apps[index % apps.length] as AppProcess;
}

/** As many requests at once as a page or a crowd of tabs sends, dealt to the processes in turn. */
function burst(apps: readonly AppProcess[], cookies: string, requests: number): Promise<AppAnswer[]> {
  return Promise.all(Array.from({ length: requests }, (_, index) => app(apps, index).get(cookies)));
}

/** Signs in at the first process and lets the token expire. */
async function expiredSession({ apps }: Scene): Promise<string> {
  const cookies = await app(apps, 0).login();
  assert.notEqual(cookies, '');
  await delay(TOKEN_LIFE * 1000);
  return cookies;
}

function assertAllServed(answers: readonly AppAnswer[], generation: number): void {
  const failed = answers.filter(({ error }) => error !== null);
  assert.deepEqual(failed, []);
  for (const answer of answers) assert.equal(answer.generation, generation);
}

for (const processes of [2, 4]) {
  test(`${processes} processes refresh once for 20 and for 100 requests`, { skip }, async (t) => {
    const it = await scene(t, processes);
    for (const [round, requests] of [20, 100].entries()) {
      const cookies = await expiredSession(it);
      it.directus.resetCounters();
      assertAllServed(await burst(it.apps, cookies, requests), 1);
      assert.equal(it.directus.counters.refresh, 1);
      t.diagnostic(`round ${round}: N=${requests}: 1 refresh, 0 failed, 0 lost`);
    }
  });
}

test('an old cookie gets the newest tokens at any process', { skip }, async (t) => {
  const it = await scene(t, 2);
  const first = await expiredSession(it);
  const second = await app(it.apps, 0).get(first);
  await delay(TOKEN_LIFE * 1000);
  await app(it.apps, 1).get(second.cookies);
  assertAllServed(await burst(it.apps, first, 10), 2);
  assert.deepEqual([it.directus.counters.refresh, it.directus.counters.refusedRefreshes], [2, 0]);
});

test('the process that renews is killed before the provider answered', { skip }, async (t) => {
  // The lease is a third of the reuse window: the test waits for its end.
  const it = await scene(t, 2, { reuseWindow: 4.5 });
  const cookies = await expiredSession(it);
  it.directus.faults.next('POST /auth/refresh', { kind: 'hang', when: 'before' });
  const leader = app(it.apps, 1).get(cookies).catch(() => undefined);
  await it.directus.faults.whenHeld();
  const follower = app(it.apps, 0).get(cookies);
  await delay(100);
  await app(it.apps, 1).kill();
  await leader;
  assertAllServed([await follower], 1);
  assert.equal(it.directus.counters.refusedRefreshes, 0);
});

test('a logout at one process is known to the other at its next renewal', { skip }, async (t) => {
  const it = await scene(t, 2);
  const cookies = await app(it.apps, 0).login();
  await app(it.apps, 0).logout(cookies);
  assert.equal((await app(it.apps, 0).get(cookies)).signedIn, false);
  await delay(TOKEN_LIFE * 1000);
  const elsewhere = await app(it.apps, 1).get(cookies);
  assert.deepEqual([elsewhere.signedIn, elsewhere.wrote], [false, false]);
  assert.equal(it.directus.counters.refresh, 0);
  assert.equal((await app(it.apps, 1).get(cookies)).signedIn, false);
});

test('records survive the crash of a Redis with an append-only file', { skip }, async (t) => {
  const it = await scene(t, 2, { redis: { appendOnly: true } });
  const first = await expiredSession(it);
  const second = await app(it.apps, 0).get(first);
  await it.redis.kill();
  await it.redis.start();
  await delay(TOKEN_LIFE * 1000);
  assertAllServed(await burst(it.apps, second.cookies, 20), 2);
  // The old cookie, too: nothing but the record can say what replaced its tokens.
  assertAllServed(await burst(it.apps, first, 20), 2);
  assert.deepEqual([it.directus.counters.refresh, it.directus.counters.refusedRefreshes], [2, 0]);
});

test('the newest cookies survive a Redis that comes back empty', { skip }, async (t) => {
  const it = await scene(t, 2);
  const second = await app(it.apps, 0).get(await expiredSession(it));
  await it.redis.kill();
  await it.redis.start();
  await delay(TOKEN_LIFE * 1000);
  assertAllServed(await burst(it.apps, second.cookies, 20), 2);
  assert.equal(it.directus.counters.refusedRefreshes, 0);
});

test('Redis restarts while a renewal is at the provider', { skip }, async (t) => {
  const it = await scene(t, 2, { redis: { appendOnly: true } });
  const cookies = await expiredSession(it);
  it.directus.faults.next('POST /auth/refresh', { kind: 'hang' });
  const answers = burst(it.apps, cookies, 20);
  await it.directus.faults.whenHeld();
  await delay(200);
  await it.redis.kill();
  it.directus.faults.release();
  await delay(300);
  await it.redis.start();
  assertAllServed(await answers, 1);
  assert.equal(it.directus.counters.refresh, 1);
});

for (const outage of ['kill', 'freeze'] as const) {
  const what = outage === 'kill' ? 'Redis is down' : 'Redis does not answer';
  test(`${what}: fresh tokens do not notice, others keep their session`, { skip }, async (t) => {
    const it = await scene(t, 2, { timeout: 0.3 });
    const cookies = await app(it.apps, 0).login();
    await it.redis[outage]();
    const fresh = await burst(it.apps, cookies, 20);
    assertAllServed(fresh, 0);
    assert.ok(fresh.every(({ how, wrote }) => how === 'fresh' && !wrote));
    await delay(TOKEN_LIFE * 1000);
    for (const answer of await burst(it.apps, cookies, 10)) {
      const { signedIn, error, retryable, wrote } = answer;
      const expected = { signedIn: true, error: 'ERR_STORE', retryable: true, wrote: false };
      assert.deepEqual({ signedIn, error, retryable, wrote }, expected);
    }
    assert.equal(it.directus.counters.refresh, 0);
    if (outage === 'kill') await it.redis.start();
    else it.redis.thaw();
    // The clients take up to two seconds to try again.
    await delay(5000);
    assertAllServed(await burst(it.apps, cookies, 10), 1);
    assert.deepEqual([it.directus.counters.refresh, it.directus.counters.refusedRefreshes], [1, 0]);
  });
}

test('with the fallback a process renews on its own and tells Redis when it is back', { skip }, async (t) => {
  const it = await scene(t, 1, { timeout: 0.3, fallback: 'memory' });
  const cookies = await expiredSession(it);
  await it.redis.kill();
  assertAllServed(await burst(it.apps, cookies, 20), 1);
  assert.equal(it.directus.counters.refresh, 1);
  assert.equal(app(it.apps, 0).count('storeBypassed'), 1);
  await it.redis.start();
  while ((await it.redis.command('KEYS', 'tokenkeep:*')).trim() === '') await delay(100);
  assertAllServed([await app(it.apps, 0).get(cookies)], 1);
});
