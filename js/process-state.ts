/** A record as the core writes it (`src/rotation/record.rs`); what this side looks at is named. */
export interface RecordValue {
  readonly generation: number;
  readonly tokens: string | null;
  readonly presented: number;
  /** Since when; epoch milliseconds. */
  readonly presentedAt?: number;
  readonly lease: { readonly until: number } | null;
  readonly ended: boolean;
  readonly revoked: boolean;
}

/** One record in process memory. */
export interface StoredRecord {
  readonly record: RecordValue;
  /** Epoch milliseconds. */
  readonly touchedAt: number;
  /** Bytes that it accounts for. */
  readonly size: number;
}

/** Somebody who waits for a record to change. */
export type Waiter = () => void;

/** What all copies of this package in one process share. Nothing in it is kept per user but records. */
export interface ProcessState {
  readonly records: Map<string, StoredRecord>;
  /** Evicted records: session id → highest generation. */
  readonly forgotten: Map<string, number>;
  readonly waiters: Map<string, Set<Waiter>>;
  /** Bytes of all records. */
  size: number;
  /** Clock skew by the address of the server that issues the tokens, in milliseconds. */
  readonly skewMs: Map<string, number>;
  /** Random, 16 hexadecimal characters; names this process in the sessions that it seals. */
  readonly instance: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Another process that seals: when its seals were first met, and whether that has been told. */
  readonly neighbour: { firstSeenAt?: number; told: boolean };
}

/** The version is part of the key: another layout must not meet this one. */
const KEY = Symbol.for('tokenkeep.process.1');

/** One Next.js process loads a module three times; the state has to be the same one. */
export function processState(): ProcessState {
  const holder = globalThis as { [KEY]?: ProcessState };
  return (holder[KEY] ??= {
    records: new Map(),
    forgotten: new Map(),
    waiters: new Map(),
    size: 0,
    skewMs: new Map(),
    instance: crypto.randomUUID().replaceAll('-', '').slice(16),
    startedAt: Date.now(),
    neighbour: { told: false },
  });
}
