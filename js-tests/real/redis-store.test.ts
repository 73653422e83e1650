import { after, before, describe, test } from 'node:test';
import type { RedisClient } from '../../js/stores/redis.ts';
import { RedisRecords } from '../../js/stores/redis/store.ts';
import { storeContract } from '../../js/testing.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { type Connected, clusterClients, singleServerClients } from '../support/redis-clients.ts';
import { RedisServer, startRedisCluster } from '../support/redis.ts';

const skip = withoutTool('redis-server');

describe('one Redis server', { skip }, () => {
  let server: RedisServer;
  before(async () => void (server = await RedisServer.start()));
  after(() => server.stop());

  for (const [name, connect] of Object.entries(singleServerClients)) {
    contractOver(name, () => connect(server.port));
  }
});

describe('a Redis cluster of three', { skip }, () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  before(async () => void (cluster = await startRedisCluster()));
  after(() => cluster.stop());

  for (const [name, connect] of Object.entries(clusterClients)) {
    contractOver(name, () => connect(cluster.servers.map(({ port }) => port)));
  }
});

function contractOver(name: string, connect: () => Promise<Connected>): void {
  describe(name, () => {
    let connected: Connected;
    before(async () => void (connected = await connect()));
    after(() => connected.close());
    storeContract(test, ({ maxAge }) => storeUnderTest(connected.client, maxAge));
  });
}

/** On the server's own time until a test moves it. */
function storeUnderTest(client: RedisClient, maxAge: number) {
  let ahead = 0;
  const now = () => (ahead === 0 ? undefined : Date.now() + ahead);
  const store = new RedisRecords({ client, prefix: 'test:', maxAge, timeout: 1, now });
  return { store, advance: (ms: number) => void (ahead += ms), close: () => store.close() };
}
