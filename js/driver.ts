/** Performs the effects of a flight. The only file that awaits `fetch`, a store or a timer. */
import { LONGEST_MS } from './bounded-wait.ts';
import type {
  Clock,
  Core,
  Effect,
  EffectResult,
  FlightState,
  Input,
  Outcome,
  ProviderRequest,
  ProviderResponse,
  SendResult,
  Step,
} from './core.ts';
import { processState } from './process-state.ts';
import type { AuthEvent } from './events.ts';
import type { Store } from './store.ts';
import type { Fetch } from './web.ts';

/** What a driver works with. */
export interface DriverOptions {
  readonly core: Core;
  readonly store: Store;
  /** Sends requests to the provider. */
  readonly fetch: () => Fetch;
  /** Names the server whose clock skew is learned: the one that issues the tokens. */
  readonly issuer: string;
  readonly onEvent: (event: AuthEvent) => void;
}

/** Runs flights: hands each effect's result back to the core until a flight is finished. */
export class Driver {
  readonly #options: DriverOptions;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  /** The time here and the skew that this process has learned. */
  clock(): Clock {
    const skewMs = processState().skewMs.get(this.#options.issuer) ?? 0;
    return { now: Date.now(), skewMs };
  }

  /**
   * Starts a flight. `outcome` settles as soon as the caller has its answer; `finished` when there is
   * nothing left to do, which may be later. `through` wraps the `fetch` that this flight sends with.
   */
  run(
    input: Input,
    through: (fetch: Fetch) => Fetch = (fetch) => fetch,
  ): { outcome: Promise<Outcome>; finished: Promise<void> } {
    const options = { ...this.#options, fetch: () => through(this.#options.fetch()) };
    const flight = new Flight(options, () => this.clock());
    flight.begin(input);
    return { outcome: flight.outcome.promise, finished: flight.finished.promise };
  }
}

/** One flight: its state between two steps, and what is outstanding. */
class Flight {
  readonly outcome = Promise.withResolvers<Outcome>();
  readonly finished = Promise.withResolvers<void>();
  readonly #options: DriverOptions;
  readonly #clock: () => Clock;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #abandon = new AbortController();
  #state: FlightState | null = null;
  #answered = false;
  /** Why the store gave no answer, the last time. */
  #storeError = '';

  constructor(options: DriverOptions, clock: () => Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Starts the flight. */
  begin(input: Input): void {
    try {
      this.#take(this.#options.core.begin(input, this.#clock()));
    } catch (error) {
      this.outcome.reject(error);
      this.#finish();
    }
  }

  /** Takes one step: performs what it says. */
  #take(taken: Step): void {
    this.#state = taken.state;
    if (taken.skewMs !== null) processState().skewMs.set(this.#options.issuer, taken.skewMs);
    for (const event of taken.events) this.#options.onEvent(this.#explained(event));
    if (taken.outcome) this.#answer(taken.outcome);
    if (taken.state === null) return this.#finish();
    for (const [id, effect] of taken.effects) this.#perform(id, effect);
  }

  #answer(outcome: Outcome): void {
    this.outcome.resolve(outcome);
    this.#answered = true;
    for (const timer of this.#timers.values()) unref(timer);
  }

  #finish(): void {
    this.#state = null;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#abandon.abort();
    this.finished.resolve();
  }

  #perform(id: number, effect: Effect): void {
    if (effect.kind === 'sleep') {
      return this.#timer(id, effect.ms, () => this.#report(id, { kind: 'slept' }));
    }
    void this.#result(effect).then((result) => this.#report(id, result));
  }

  #timer(id: number, ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      then();
    }, Math.min(ms, LONGEST_MS));
    this.#timers.set(id, timer);
    // A caller who has its answer must not keep the process alive.
    if (this.#answered) unref(timer);
  }

  async #result(effect: Exclude<Effect, { kind: 'sleep' }>): Promise<EffectResult> {
    const { store } = this.#options;
    try {
      switch (effect.kind) {
        case 'send':
          return { kind: 'sent', result: await send(this.#options.fetch(), effect.request) };
        case 'store':
          return { kind: 'store', answer: await store.perform(effect.sessionId, effect.verb) };
        case 'wait': {
          const { sessionId, generation, drain } = effect;
          const look = { generation, drain };
          const answer = await store.wait(sessionId, look, this.#abandon.signal);
          return { kind: 'store', answer };
        }
      }
    } catch (error) {
      this.#storeError = error instanceof Error ? error.message : String(error);
      return { kind: 'store', answer: { answer: 'noAnswer' } };
    }
  }

  /** The core learns that the store gave no answer; why is for people. */
  #explained(event: AuthEvent): AuthEvent {
    return event.type === 'storeFailed' ? { ...event, message: this.#storeError } : event;
  }

  /**
   * Hands a result to the core. Where the core itself fails, the caller is told, and the result is kept
   * and handed in again later: it may be the only copy of a rotated token.
   */
  #report(id: number, result: EffectResult, pauseMs = 1000): void {
    const state = this.#state;
    if (state === null) return;
    try {
      this.#take(this.#options.core.resume(state, id, result, this.#clock()));
    } catch (error) {
      this.outcome.reject(error);
      this.#answered = true;
      const again = () => this.#report(id, result, Math.min(2 * pauseMs, 30_000));
      this.#timer(id, pauseMs, again);
    }
  }
}

function unref(timer: ReturnType<typeof setTimeout>): void {
  if (typeof timer === 'object') timer.unref();
}

/** Codes of failures before the provider can have seen the request, as Node, Bun and our own discovery give them. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
  'ERR_NOT_SENT',
]);

/** Sends a request and reads the whole answer. Never aborts: the provider may already have acted. */
export async function send(
  fetch: Fetch,
  { method, url, headers, body }: ProviderRequest,
): Promise<SendResult> {
  try {
    const response = await fetch(url, { method, headers, body, redirect: 'manual' });
    const text = await response.text();
    return { kind: 'response', response: readResponse(response, text) };
  } catch (error) {
    return { kind: NOT_CONNECTED.has(codeOf(error)) ? 'notConnected' : 'unknown' };
  }
}

/** A `fetch` that is not the platform's may reject with anything, also with what throws when it is looked at. */
function codeOf(error: unknown): unknown {
  try {
    const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
    return cause?.code ?? code;
  } catch {
    return undefined;
  }
}

/** An answer as the core reads it. */
export function readResponse(response: Response, text: string): ProviderResponse {
  const { status, headers } = response;
  const date = instant(headers.get('date'));
  return {
    status,
    date,
    retryAfterMs: delay(headers.get('retry-after'), date ?? Date.now()),
    setCookie: headers.getSetCookie(),
    body: parsed(text),
  };
}

function instant(header: string | null): number | null {
  const at = Date.parse(header ?? '');
  return Number.isNaN(at) ? null : at;
}

/** What is longer is a mistake, and may be a number that the core cannot hold. */
function withinADay(ms: number): number {
  return Math.min(Math.max(0, ms), 86_400_000);
}

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3). */
function delay(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (header.trim() !== '' && Number.isFinite(seconds)) return withinADay(Math.ceil(seconds * 1000));
  const at = instant(header);
  return at === null ? null : withinADay(at - now);
}

/** Token answers are two levels deep and a few kilobytes long. The core takes values twice as large. */
const MAX_DEPTH = 8;
const MAX_LENGTH = 512 * 1024;

function parsed(text: string): unknown {
  if (text.length > MAX_LENGTH) return null;
  try {
    return pruned(JSON.parse(text), MAX_DEPTH);
  } catch {
    return null;
  }
}

function pruned(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((item) => pruned(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, pruned(member, depth - 1)]),
  );
}
