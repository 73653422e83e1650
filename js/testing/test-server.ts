/** What every server for tests can do. */

/** How many requests were received, by `'METHOD /path'`, including those that met a fault. */
export type RequestCounts = Readonly<Record<string, number>>;

/** `AsyncDisposable` where the library types have it. */
export type Disposable = SymbolConstructor extends { readonly asyncDispose: infer S extends symbol }
  ? { [Key in S]: () => PromiseLike<void> }
  : object;

/** A running server on 127.0.0.1. It ends with the process, with `close`, or with `await using`. */
export interface TestServer extends Disposable {
  /** Its origin. */
  readonly url: string;
  /** From now on connections are refused, as when the provider is down. */
  goOffline(): Promise<void>;
  /** Listens again, on the same port. */
  goOnline(): Promise<void>;
  /** Ends it, and every request that is held. */
  close(): Promise<void>;
}
