/** The Redis store on servers that are set up badly, forget, refuse or run out of memory. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import test, { mock, type TestContext } from 'node:test';
import { createClient } from 'redis';
import { RedisRecords } from '../../js/stores/redis/store.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { StoreAnswer, StoreVerb } from '../../js/store.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { clusterClients, singleServerClients } from '../support/redis-clients.ts';
import { RedisServer, startRedisCluster } from '../support/redis.ts';

const skip = withoutTool('redis-server');
const claim = { verb: 'claim', flight: 'a', generation: 0, presented: 0, leaseMs: 30_000 } as const;
const publish = { verb: 'publish', flight: 'a', generation: 1, tokens: 'sealed' } as const;
const look = { generation: 0, drain: false };

type Login = { username: string; password: string };

async function scene(t: TestContext, { args = [], login }: { args?: string[]; login?: Login } = {}) {
  const server = await RedisServer.start({ args });
  if (login) await server.command('ACL', 'SETUSER', login.username, ...ACL, `>${login.password}`);
  const client = createClient({ ...login, url: server.url }).on('error', () => {});
  await client.connect();
  const store = new RedisRecords({ client, prefix: 'test:', maxAge: 3600, timeout: 0.5 });
  const events: AuthEvent[] = [];
  store.attach({ maxAge: 3600, onEvent: (event) => events.push(event) });
  t.after(async () => {
    store.close();
    client.destroy();
    await server.stop();
  });
  return { server, store, events };
}

/** What `redisStore` asks for, no more: no `INFO`, no channels. */
const ACL = ['on', '~test:*', 'resetchannels', '-@all', '+@connection', '+@scripting', '+@hash', '+pexpire', '+time'];

function kind(answer: StoreAnswer): string {
  return answer.answer;
}

test('a server that may evict records is named loudly, once', { skip }, async (t) => {
  const warn = mock.method(console, 'warn', () => {});
  t.after(() => warn.mock.restore());
  const { store, events } = await scene(t, { args: ['--maxmemory-policy', 'allkeys-lru'] });
  await store.perform('one', claim);
  await store.perform('two', claim);
  while (events.length === 0) await delay(5);
  const [event] = events;
  assert.equal(event?.type === 'storeMisconfigured' && event.value, 'allkeys-lru');
  assert.deepEqual([events.length, warn.mock.callCount()], [1, 1]);
});

test('a server that evicts nothing is not talked about', { skip }, async (t) => {
  const { server, store, events } = await scene(t);
  await store.perform('one', claim);
  while (((await server.calls())['info'] ?? 0) < 2) await delay(5);
  assert.deepEqual(events, []);
});

test('where INFO and channels are refused, verbs work and who waits polls', { skip }, async (t) => {
  const warn = mock.method(console, 'warn', () => {});
  t.after(() => warn.mock.restore());
  const { store, events } = await scene(t, { login: { username: 'app', password: 'secret' } });
  assert.equal(kind(await store.perform('one', claim)), 'granted');
  const waiting = store.wait('one', look, AbortSignal.timeout(5000));
  await delay(100);
  assert.equal(kind(await store.perform('one', publish)), 'published');
  assert.equal(kind(await waiting), 'newer');
  assert.deepEqual([events.length, warn.mock.callCount()], [0, 0]);
});

test('a server that has forgotten the script is given it again', { skip }, async (t) => {
  const { server, store } = await scene(t);
  assert.equal(kind(await store.perform('one', claim)), 'granted');
  await server.command('SCRIPT', 'FLUSH');
  assert.equal(kind(await store.perform('one', claim)), 'granted');
});

test('a server without memory changes nothing, and goes on when it has some', { skip }, async (t) => {
  const { server, store } = await scene(t);
  await store.perform('one', publish);
  const before = await server.command('HGETALL', 'test:one');
  await server.command('CONFIG', 'SET', 'maxmemory', '1');
  const newer = { ...publish, generation: 2, tokens: 'x'.repeat(1000) };
  await assert.rejects(store.perform('one', newer), /OOM/);
  assert.equal(await server.command('HGETALL', 'test:one'), before);
  assert.equal(kind(await store.perform('one', { verb: 'look', ...look })), 'newer');
  await server.command('CONFIG', 'SET', 'maxmemory', '0');
  assert.equal(kind(await store.perform('one', newer)), 'published');
});

test('a server that does not answer is given up after the time-out, and asked again', { skip }, async (t) => {
  const { server, store } = await scene(t);
  await store.perform('one', claim);
  server.freeze();
  await assert.rejects(store.perform('one', publish), /did not answer within 500 ms/);
  server.thaw();
  assert.equal(kind(await store.perform('one', publish)), 'published');
});

test('the connection for subscriptions is made for waiting only, and goes with the store', { skip }, async (t) => {
  const { server, store } = await scene(t);
  const connections = async () =>
    (await server.command('CLIENT', 'LIST')).split('\n').filter((line) => !line.includes('cmd=client')).length - 1;
  await store.perform('one', claim);
  assert.equal(await connections(), 1);
  const waiting = Promise.all([
    store.wait('one', look, AbortSignal.timeout(5000)),
    store.wait('one', { generation: 0, drain: true }, AbortSignal.timeout(5000)),
    store.wait('two', look, AbortSignal.timeout(5000)),
  ]);
  while ((await connections()) < 2) await delay(5);
  await store.perform('one', publish);
  await waiting;
  assert.equal(await connections(), 2);
  store.close();
  while ((await connections()) > 1) await delay(5);
});

test('messages wake who waits, whatever the client', { skip }, async (t) => {
  const server = await RedisServer.start();
  const cluster = await startRedisCluster();
  t.after(() => Promise.all([server.stop(), cluster.stop()]));
  const ports = cluster.servers.map(({ port }) => port);
  const { 'node-redis pool': _polls, ...subscribing } = singleServerClients;
  for (const [name, connect] of Object.entries(subscribing)) {
    await t.test(name, async () => assertWoken([server], await connect(server.port)));
  }
  for (const [name, connect] of Object.entries(clusterClients)) {
    await t.test(name, async () => assertWoken(cluster.servers, await connect(ports)));
  }
});

test('what ends a lease is told on the session’s channel, once; nothing else is', { skip }, async (t) => {
  const { server, store } = await scene(t);
  const listener = await createClient({ url: server.url }).connect();
  // The server goes before this client does.
  listener.on('error', () => {});
  t.after(() => listener.destroy());
  let messages = 0;
  await listener.subscribe('test:one', () => void (messages += 1));
  const told = async (verb: StoreVerb) => {
    const before = messages;
    await store.perform('one', verb);
    await listener.ping();
    return messages - before;
  };
  assert.equal(await told(claim), 0);
  assert.equal(await told({ ...claim, flight: 'b' }), 0);
  assert.equal(await told({ verb: 'extend', flight: 'a', leaseMs: 30_000 }), 0);
  assert.equal(await told({ verb: 'present', generation: 1 }), 0);
  assert.equal(await told({ verb: 'fail', flight: 'b', coolDownMs: null }), 0);
  assert.equal(await told({ verb: 'fail', flight: 'a', coolDownMs: null }), 1);
  await store.perform('one', claim);
  assert.equal(await told(publish), 1);
  assert.equal(await told({ verb: 'look', ...look }), 0);
  assert.equal(await told({ verb: 'end', flight: 'a', generation: null, revoked: false }), 1);
  assert.equal(await told({ verb: 'end', flight: 'a', generation: null, revoked: true }), 0);
});

/** More looks than polling would make: one for each message, and the first one. */
async function assertWoken(
  servers: readonly RedisServer[],
  { client, close }: Awaited<ReturnType<(typeof singleServerClients)['ioredis']>>,
): Promise<void> {
  const store = new RedisRecords({ client, prefix: 'test:', maxAge: 3600, timeout: 1 });
  await store.perform('woken', claim);
  const enough = new AbortController();
  const waiting = store.wait('woken', look, enough.signal).catch(() => {});
  await delay(200);
  for (const server of servers) await server.command('CONFIG', 'RESETSTAT');
  for (let message = 0; message < 8; message++) {
    await servers[0]?.command('PUBLISH', 'test:woken', '');
    await delay(50);
  }
  enough.abort();
  await waiting;
  const calls = await Promise.all(servers.map((server) => server.calls()));
  const looks = calls.reduce((sum, { evalsha = 0 }) => sum + evalsha, 0);
  store.close();
  await close();
  assert.ok(looks >= 6, `${looks} looks`);
}
