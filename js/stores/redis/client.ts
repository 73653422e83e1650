/** The clients that an application may have, made one. */

/** node-redis 4 or newer: a client, a pool, a cluster or a sentinel. */
export interface NodeRedisClient {
  /** `EVAL`. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** `EVALSHA`. */
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** ioredis 5 or newer: `Redis` or `Cluster`. */
export interface IoRedisClient {
  /** `EVAL`. */
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
  /** `EVALSHA`. */
  evalsha(sha1: string, keys: number, ...args: string[]): Promise<unknown>;
}

/** The client that the application already has, connected. */
export type RedisClient = NodeRedisClient | IoRedisClient;

/** What the store asks of any client. */
export interface Connection {
  eval(script: string, key: string, args: string[]): Promise<unknown>;
  evalSha(sha1: string, key: string, args: string[]): Promise<unknown>;
  /** A connection for subscriptions; rejects where there can be none. */
  subscriber(onMessage: (channel: string) => void): Promise<Subscriber>;
}

/** A connection that receives messages. It subscribes anew when it was interrupted. */
export interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  close(): void;
}

/** Told apart by what only one of them has. */
export function connectionOf(client: RedisClient): Connection {
  return 'evalsha' in client ? ioRedis(client) : nodeRedis(client);
}

function nodeRedis(client: NodeRedisClient): Connection {
  return {
    eval: (script, key, args) => client.eval(script, { keys: [key], arguments: args }),
    evalSha: (sha1, key, args) => client.evalSha(sha1, { keys: [key], arguments: args }),
    async subscriber(onMessage) {
      const [own, close] = await nodeRedisSubscriber(client as Partial<NodeRedisSubscriber>);
      const listener = (_message: string, channel: string) => onMessage(channel);
      return {
        subscribe: (channel) => own.subscribe(channel, listener),
        unsubscribe: (channel) => own.unsubscribe(channel, listener),
        close,
      };
    },
  };
}

interface NodeRedisSubscriber {
  duplicate(): NodeRedisSubscriber;
  on(event: 'error', listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener): Promise<unknown>;
  destroy?(): void;
  disconnect(): Promise<unknown>;
}

type Listener = (message: string, channel: string) => void;

async function nodeRedisSubscriber(
  client: Partial<NodeRedisSubscriber>,
): Promise<[NodeRedisSubscriber, close: () => void]> {
  // A cluster keeps a connection for subscriptions itself.
  if ('slots' in client) return [client as NodeRedisSubscriber, () => {}];
  const own = client.duplicate?.();
  if (typeof own?.subscribe !== 'function') throw new Error('this client cannot subscribe');
  own.on('error', () => {});
  await own.connect();
  return [own, () => void (own.destroy ? own.destroy() : own.disconnect().catch(() => {}))];
}

function ioRedis(client: IoRedisClient): Connection {
  return {
    eval: (script, key, args) => client.eval(script, 1, key, ...args),
    evalSha: (sha1, key, args) => client.evalsha(sha1, 1, key, ...args),
    async subscriber(onMessage) {
      const [own, close] = ioRedisSubscriber(client as unknown as IoRedisSubscriber);
      const listener = (channel: string) => onMessage(channel);
      own.on('message', listener);
      return {
        subscribe: (channel) => own.subscribe(channel),
        unsubscribe: (channel) => own.unsubscribe(channel),
        close() {
          own.off('message', listener);
          close();
        },
      };
    },
  };
}

interface IoRedisSubscriber {
  readonly isCluster?: boolean;
  duplicate(overrides: object): IoRedisSubscriber;
  on(event: 'message' | 'error', listener: (channel: string) => void): unknown;
  off(event: 'message', listener: (channel: string) => void): unknown;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

function ioRedisSubscriber(client: IoRedisSubscriber): [IoRedisSubscriber, close: () => void] {
  // A cluster keeps a connection for subscriptions itself.
  if (client.isCluster) return [client, () => {}];
  const own = client.duplicate({ keyPrefix: '', enableOfflineQueue: true });
  own.on('error', () => {});
  return [own, () => own.disconnect()];
}
