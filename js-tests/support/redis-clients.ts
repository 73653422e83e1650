/** One way to connect for each kind of client that `tokenkeep/redis` takes. */
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import type { RedisClient } from '../../js/stores/redis.ts';

export interface Connected {
  readonly client: RedisClient;
  close(): Promise<unknown> | void;
}

/** Errors of the connection reach whoever sent a command; nobody else has to know. */
const ignore = () => {};

export const singleServerClients = {
  async 'node-redis'(port: number): Promise<Connected> {
    const client = createClient({ socket: { host: '127.0.0.1', port } }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async 'node-redis (RESP2)'(port: number): Promise<Connected> {
    const client = createClient({ RESP: 2, socket: { host: '127.0.0.1', port } }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async 'node-redis pool'(port: number): Promise<Connected> {
    const client = createClientPool({ socket: { host: '127.0.0.1', port } }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async ioredis(port: number): Promise<Connected> {
    const client = new Redis(port, '127.0.0.1').on('error', ignore);
    return { client, close: () => client.disconnect() };
  },
  async 'ioredis with a key prefix'(port: number): Promise<Connected> {
    const client = new Redis(port, '127.0.0.1', { keyPrefix: 'app:' }).on('error', ignore);
    return { client, close: () => client.disconnect() };
  },
};

export const clusterClients = {
  async 'node-redis cluster'(ports: readonly number[]): Promise<Connected> {
    const rootNodes = ports.map((port) => ({ socket: { host: '127.0.0.1', port } }));
    const client = createCluster({ rootNodes }).on('error', ignore);
    await client.connect();
    return { client, close: () => client.destroy() };
  },
  async 'ioredis cluster'(ports: readonly number[]): Promise<Connected> {
    const nodes = ports.map((port) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(nodes, { keyPrefix: 'app:' }).on('error', ignore);
    return { client, close: () => client.disconnect() };
  },
};
