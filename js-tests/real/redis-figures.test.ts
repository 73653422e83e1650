/** What a shared store costs. Counts are asserted; times are printed. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type TestContext } from 'node:test';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { redisStore } from '../../js/stores/redis.ts';
import { RedisRecords } from '../../js/stores/redis/store.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { Auth } from '../../js/types.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { singleServerClients } from '../support/redis-clients.ts';
import { RedisServer } from '../support/redis.ts';

const skip = withoutTool('redis-server');
const REQUESTS = 1000;

for (const kind of ['node-redis', 'node-redis pool', 'ioredis'] as const) {
  test(`1,000 requests on one expired session, ${kind}`, { skip }, async (t) => {
    const { server, client } = await scene(t, kind);
    const provider = await startDirectusStandIn({ accessTokenTtl: 3 });
    const store = redisStore({ client });
    t.after(() => Promise.all([provider.close(), store.close()]));
    const auth = tokenkeep({
      provider: directus({ url: provider.url }),
      secret: 'a secret of thirty-two characters',
      store,
    });
    const request = async (cookie: string, next: (auth: Auth) => Promise<unknown>) =>
      auth.handle(new Request('http://app.test/', { headers: { cookie } }), async (_, mine) => {
        await next(mine);
        return new Response();
      });
    const login = await request('', (mine) => mine.login({ email: 'admin@example.com', password: 'password' }));
    const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
    await delay(3000);
    await server.command('CONFIG', 'RESETSTAT');
    await Promise.all(Array.from({ length: REQUESTS }, () => request(cookie, (mine) => mine.getAccessToken())));

    const { evalsha = 0, eval: evals = 0, subscribe = 0, unsubscribe = 0 } = await server.calls();
    const commands = evalsha + evals + subscribe + unsubscribe;
    t.diagnostic(`${commands} round trips for ${REQUESTS} requests: ${evalsha + evals} scripts, ${subscribe + unsubscribe} subscriptions`);
    assert.ok(commands <= 2 * REQUESTS);
    assert.equal(provider.counters.refresh, 1);
    assert.equal((await server.command('KEYS', '*')).trim().split('\n').length, 1);
    const kept = await server.command('HGETALL', (await server.command('KEYS', '*')).trim());
    assert.ok(!kept.includes('eyJ'), 'a token in clear');
  });
}

test('followers in another process', { skip }, async (t) => {
  const { server, client } = await scene(t, 'node-redis');
  for (const kind of ['node-redis', 'ioredis', 'node-redis pool'] as const) {
    const follower = await singleServerClients[kind](server.port);
    const leads = new RedisRecords({ client, prefix: '', maxAge: 60, timeout: 1 });
    const follows = new RedisRecords({ client: follower.client, prefix: '', maxAge: 60, timeout: 1 });
    const roundTrips: number[] = [];
    const waits: number[] = [];
    for (let round = 0; round < 40; round++) {
      const id = `${kind}-${round}`;
      await leads.perform(id, { verb: 'claim', flight: 'a', generation: 0, presented: 0, leaseMs: 30_000 });
      const waiting = follows.wait(id, { generation: 0, drain: false }, AbortSignal.timeout(5000));
      await delay(20);
      roundTrips.push(await elapsed(follows.perform(id, { verb: 'look', generation: 0, drain: false })));
      const tokens = 'x'.repeat(1500);
      const published = performance.now();
      await leads.perform(id, { verb: 'publish', flight: 'a', generation: 1, tokens });
      await waiting;
      waits.push(performance.now() - published);
    }
    const [wait, roundTrip] = [median(waits), median(roundTrips)];
    t.diagnostic(`${kind}: a follower has the tokens ${wait.toFixed(2)} ms after the leader began to publish, ${(wait / roundTrip).toFixed(1)} round trips of ${roundTrip.toFixed(2)} ms`);
    follows.close();
    await follower.close();
  }
});

test('a record in Redis', { skip }, async (t) => {
  const { server, client } = await scene(t, 'node-redis');
  const store = new RedisRecords({ client, prefix: 'tokenkeep:', maxAge: 60, timeout: 1 });
  const tokens = 'x'.repeat(1500);
  await store.perform('AAAAAAAAAAAAAAAAAAAAAA', { verb: 'publish', flight: 'a', generation: 1, tokens });
  const bytes = await server.command('MEMORY', 'USAGE', 'tokenkeep:AAAAAAAAAAAAAAAAAAAAAA');
  t.diagnostic(`${Number(bytes) - tokens.length} bytes beyond a sealed value of ${tokens.length}`);
});

async function scene(t: TestContext, kind: keyof typeof singleServerClients) {
  const server = await RedisServer.start();
  const { client, close } = await singleServerClients[kind](server.port);
  t.after(async () => {
    await close();
    await server.stop();
  });
  return { server, client };
}

async function elapsed(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
