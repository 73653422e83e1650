import { pollMs } from '#wasm';
import type { Core } from '../core.ts';
import { processState, type RecordValue, type StoredRecord } from '../process-state.ts';
import type { AuthEvent } from '../events.ts';
import type { Store, StoreAnswer, StoreVerb } from '../store.ts';

/** The bounds of the process-memory store. */
export interface MemoryStoreOptions {
  /** Records. Default 10,000. */
  maxRecords?: number;
  /** Bytes of sealed tokens and their bookkeeping. Default 32 MiB. */
  maxBytes?: number;
  /** Seconds that a record lives untouched. Default 604800. */
  maxAge?: number;
  /**
   * Nobody else knows these records: an evicted one leaves its generation behind. Default `true`;
   * `false` in front of a shared store, where nothing is lost by an eviction.
   */
  authority?: boolean;
  /** Milliseconds between two looks of a waiter; `null`: it is told. Default: what the platform needs. */
  pollMs?: number | null;
  onEvent?: (event: AuthEvent) => void;
}

/** What a record costs beyond its sealed token set: the object, its strings, the map's entry. */
const BOOKKEEPING = 600;
/** Evicted generations to remember: a few megabytes. */
const MAX_FORGOTTEN = 100_000;
/** No generation of an ended session is granted: the largest there can be. */
const NEVER_AGAIN = 0xffff_ffff;
/** What is left to say of an ended session whose record had to go. */
const ENDED: StoreAnswer = { answer: 'ended', now: false, generation: 0, tokens: null, held: false, revoked: false };
/** After these verbs a `look` may find something else. A lease that runs out is noticed by a timer. */
const ENDS_WAITING = new Set<StoreVerb['verb']>(['publish', 'fail', 'end']);

/**
 * Records in the memory of this process, on `globalThis`. The rules are the core's; this only keeps the
 * values. JavaScript runs one step at a time, which is what makes each of them atomic.
 */
export class MemoryStore implements Store {
  readonly #core: Core;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  readonly #authority: boolean;
  readonly #pollMs: number | null;
  readonly #onEvent: (event: AuthEvent) => void;

  constructor(core: Core, options: MemoryStoreOptions = {}) {
    this.#core = core;
    this.#maxRecords = options.maxRecords ?? 10_000;
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
    this.#maxAgeMs = (options.maxAge ?? 604_800) * 1000;
    this.#authority = options.authority ?? true;
    this.#pollMs = options.pollMs === undefined ? pollMs : options.pollMs;
    this.#onEvent = options.onEvent ?? (() => {});
  }

  /**
   * The `present` of a request whose tokens need no renewal: the common case, and then a map look-up.
   * `undefined` when there is nothing to note.
   */
  present(sessionId: string, generation: number): StoreAnswer | undefined {
    const { records, forgotten } = processState();
    const known = records.get(sessionId)?.record;
    if (!known) return forgotten.get(sessionId) === NEVER_AGAIN ? ENDED : undefined;
    if (known.presented === generation && !known.ended) return undefined;
    return this.perform(sessionId, { verb: 'present', generation });
  }

  perform(sessionId: string, verb: StoreVerb): StoreAnswer {
    const state = processState();
    const now = Date.now();
    const known = this.#live(sessionId, now);
    const forgotten = known ? undefined : state.forgotten.get(sessionId);
    const [record, answer] = this.#core.applyVerb(known, forgotten, verb, now);
    if (verb.verb !== 'look' && record) this.#put(sessionId, record, now);
    // Each of them looks: not for every claim of a burst, or its cost would grow with the square.
    if (ENDS_WAITING.has(verb.verb)) {
      for (const waiter of [...(state.waiters.get(sessionId) ?? [])]) waiter();
    }
    return answer;
  }

  wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<StoreAnswer>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = () => {
      try {
        const answer = this.perform(sessionId, { verb: 'look', ...look });
        clearTimeout(timer);
        if (answer.answer !== 'held') resolve(answer);
        else timer = setTimeout(check, answer.leaseMs + 1);
      } catch (error) {
        reject(error);
      }
    };
    const forget = this.onChange(sessionId, check);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else check();
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      forget();
    });
  }

  /**
   * Calls `check` whenever the record has changed; where one request must not act for another, whenever it may have.
   * Returns what ends that.
   */
  onChange(sessionId: string, check: () => void): () => void {
    if (this.#pollMs !== null) {
      const poll = setInterval(check, this.#pollMs);
      return () => clearInterval(poll);
    }
    const { waiters } = processState();
    const waiting = waiters.get(sessionId) ?? new Set();
    waiters.set(sessionId, waiting.add(check));
    return () => {
      waiting.delete(check);
      if (waiting.size === 0 && waiters.get(sessionId) === waiting) waiters.delete(sessionId);
    };
  }

  /**
   * In front of a shared store: the `present` of a session whose record is there, so that this process
   * notices a replay and remembers it.
   */
  note(sessionId: string, presented: number): StoreAnswer {
    const now = Date.now();
    if (!this.#live(sessionId, now)) this.#put(sessionId, firstSeen(presented, now), now);
    return this.perform(sessionId, { verb: 'present', generation: presented });
  }

  /** In front of a shared store: it has answered a publication, and knows better from now on. */
  settle(sessionId: string): void {
    const now = Date.now();
    const known = this.#live(sessionId, now);
    if (known?.tokens || known?.lease) this.#put(sessionId, { ...known, tokens: null, lease: null }, now);
  }

  /** The record, unless it has outlived its time. */
  #live(sessionId: string, now: number): RecordValue | undefined {
    const stored = processState().records.get(sessionId);
    if (!stored || stored.touchedAt + this.#maxAgeMs >= now) return stored?.record;
    this.#remove(sessionId, stored);
    return undefined;
  }

  #put(sessionId: string, record: RecordValue, now: number): void {
    const state = processState();
    const known = state.records.get(sessionId);
    const size = BOOKKEEPING + (record.tokens?.length ?? 0);
    // Deleted and set again, so that the map's order is the order of last use.
    if (known) state.records.delete(sessionId);
    state.size += size - (known?.size ?? 0);
    state.records.set(sessionId, { record, touchedAt: now, size });
    if (state.records.size > this.#maxRecords || state.size > this.#maxBytes) this.#evict(now);
  }

  #remove(sessionId: string, stored: StoredRecord): void {
    const state = processState();
    if (state.records.delete(sessionId)) state.size -= stored.size;
  }

  /** Makes room for a twentieth, so that the scan is paid once for many records. */
  #evict(now: number): void {
    const state = processState();
    const enough = () =>
      state.records.size <= this.#maxRecords * 0.95 && state.size <= this.#maxBytes * 0.95;
    const evictable = [...state.records].filter(([, { record }]) => rank(record, now) !== LEASED);
    // The sort is stable: within a rank, the least recently used goes first.
    evictable.sort(([, a], [, b]) => rank(a.record, now) - rank(b.record, now));
    for (const [id, stored] of evictable) {
      if (enough()) return;
      this.#remove(id, stored);
      if (stored.touchedAt + this.#maxAgeMs >= now) this.#forget(id, stored);
    }
  }

  #forget(id: string, { record }: StoredRecord): void {
    if (!this.#authority) return;
    const { forgotten } = processState();
    forgotten.set(id, record.ended ? NEVER_AGAIN : Math.max(record.generation, record.presented));
    const oldest = forgotten.keys().next().value;
    if (forgotten.size > MAX_FORGOTTEN && oldest !== undefined) forgotten.delete(oldest);
    this.#onEvent({ type: 'recordEvicted', sessionId: id });
  }
}

/** `Record::first_seen` of `src/rotation/record.rs`. */
function firstSeen(generation: number, now: number): RecordValue {
  const bare = { tokens: null, lease: null, failures: 0, ended: false, revoked: false };
  return { ...bare, generation, presented: generation, presentedAt: now };
}

const LEASED = Number.POSITIVE_INFINITY;

/** What goes first: what a browser has presented can be presented again; what is revoked is worth nothing. */
function rank(record: RecordValue, now: number): number {
  if (record.lease && record.lease.until > now) return LEASED;
  if (record.ended) return record.revoked ? 1 : 2;
  return record.presented >= record.generation ? 0 : 2;
}
