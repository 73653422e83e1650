/** What Cloudflare's runtime gives, as far as the store uses it. Its own types (`@cloudflare/workers-types`) fit. */
import type { WebResponse } from '../../web.ts';

/** The binding of the class in the Worker: `DurableObjectNamespace`. */
export interface RecordNamespace {
  /** The object of this name, everywhere in the world. */
  idFromName(name: string): RecordId;
  /** Something to call it with, good for one request of the Worker. */
  get(id: RecordId): RecordStub;
}

/** `DurableObjectId`. */
export interface RecordId {
  /** Hexadecimal. */
  toString(): string;
}

/** `DurableObjectStub`. */
export interface RecordStub {
  /** Calls the object; `init` is a `RequestInit` with a signal that ends the call. */
  fetch(url: string, init: object): Promise<WebResponse>;
}

/** `DurableObjectState`: what the runtime hands to the class. */
export interface RecordContext {
  /** The object's own. */
  readonly storage: RecordStorage;
}

/** `DurableObjectStorage` of a class that is SQLite-backed. */
export interface RecordStorage {
  /** Synchronous, and durable before anybody hears of it. */
  readonly kv: {
    /** What was put. */
    get(key: string): unknown;
    /** Replaces it. */
    put(key: string, value: unknown): void;
  };
  /** Calls `alarm()` of the object at this time, epoch milliseconds. */
  setAlarm(at: number): Promise<void>;
  /** Before compatibility date 2026-02-24 not a part of `deleteAll`, and something that is stored. */
  deleteAlarm(): Promise<void>;
  /** Everything else. */
  deleteAll(): Promise<void>;
}
