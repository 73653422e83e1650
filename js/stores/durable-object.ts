/** Sessions of a Cloudflare Worker in Durable Objects. */
import type { Store } from '../store.ts';
import type { RecordNamespace } from './durable-object/platform.ts';
import { DurableObjectRecords } from './durable-object/store.ts';

export { TokenkeepRecord } from './durable-object/record.ts';
export type { RecordContext, RecordId, RecordNamespace, RecordStorage, RecordStub } from './durable-object/platform.ts';

/** Where the records are, and for how long. */
export interface DurableObjectStoreOptions {
  /**
   * The binding of `TokenkeepRecord`, in this Worker or another one. With `.jurisdiction('eu')` records stay
   * in the European Union; it has to be the same in every Worker. A function is called at each use: for bindings
   * that a build, which makes the store too, does not have.
   */
  namespace: RecordNamespace | (() => RecordNamespace);
  /** Seconds that a record lives untouched. Default 604800; never less than `session.maxAge`. */
  maxAge?: number;
  /** Seconds that one call may take; after that the store has not answered. Default 1. */
  timeout?: number;
  /**
   * What happens while the objects do not answer. Default: requests with a fresh token do not notice,
   * others keep their session and get a retryable error. `memory`: each isolate renews on its own
   * then, which gives up the promise that two of them never send the same refresh token.
   */
  fallback?: 'memory';
}

/**
 * Keeps the records of sessions in Durable Objects, for a Worker's many isolates. One object per session, which lives
 * once in the world and deletes itself; tokens are sealed before they get there.
 *
 * ```ts
 * export { TokenkeepRecord } from 'tokenkeep/durable-object';
 * auth ??= tokenkeep({ provider, secret, store: durableObjectStore({ namespace: env.TOKENKEEP }) });
 * ```
 */
export function durableObjectStore(options: DurableObjectStoreOptions): Store {
  const { namespace: bound, maxAge = 604_800, timeout = 1, fallback } = options;
  const namespace = typeof bound === 'function' ? bound : () => bound;
  return new DurableObjectRecords({ namespace, maxAge, timeout, ...(fallback && { fallback }) });
}
