/** Sessions of several processes in Redis 6 or newer, or Valkey, over the client that the application has. */
import type { Store } from '../store.ts';
import type { RedisClient } from './redis/client.ts';
import { RedisRecords } from './redis/store.ts';

export type { IoRedisClient, NodeRedisClient, RedisClient } from './redis/client.ts';

/** Where the records are, and for how long. */
export interface RedisStoreOptions {
  /**
   * A connected client of node-redis (4 or newer) or ioredis (5 or newer): a single server's, a
   * cluster's, a sentinel's or a pool. Its user needs `EVAL`, `EVALSHA`, the hash commands and
   * `PEXPIRE` on the keys, and should have `PUBLISH` and `SUBSCRIBE` on channels of the same names;
   * without those, who waits polls.
   */
  client: RedisClient;
  /**
   * What keys and channels begin with; the session id follows. Default `tokenkeep:`. ioredis puts its
   * own `keyPrefix` before the keys: it has to be the same in every process.
   */
  prefix?: string;
  /** Seconds that a record lives untouched. Default 604800; never less than `session.maxAge`. */
  maxAge?: number;
  /** Seconds that one command may take; after that the store has not answered. Default 1. */
  timeout?: number;
  /**
   * What happens while Redis does not answer. Default: requests with a fresh token do not notice,
   * others keep their session and get a retryable error. `memory`: each process renews on its own
   * then, which gives up the promise that several processes never send the same refresh token; with
   * a provider that revokes sessions for that, users are signed out. Logouts and new tokens are told
   * to Redis as soon as it answers, either way.
   */
  fallback?: 'memory';
}

/** A store in Redis. */
export interface RedisStore extends Store {
  /** Closes the connection for subscriptions; it is also closed after five seconds without any. */
  close(): void;
}

/**
 * Keeps the records of sessions in Redis, for more than one process. One key per session; tokens are
 * sealed before they get here. The server has to have `maxmemory-policy noeviction`.
 *
 * ```ts
 * const client = await createClient({ url: REDIS_URL }).connect();
 * export const auth = tokenkeep({ provider, secret, store: redisStore({ client }) });
 * ```
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  const { client, prefix = 'tokenkeep:', maxAge = 604_800, timeout = 1, fallback } = options;
  return new RedisRecords({ client, prefix, maxAge, timeout, ...(fallback && { fallback }) });
}
