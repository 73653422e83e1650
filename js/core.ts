import type { SetCookie } from './cookies.ts';
import { AuthError, authError } from './errors.ts';
import type { TokenManager } from './load/core-glue.d.ts';
import { type Core as Instance, isTrap, loadCore, resetCore } from './load/core.ts';
import { SessionReader } from './open.ts';
import type { NotOpened, OpenedSession } from './opened-session.ts';
import { processState, type RecordValue } from './process-state.ts';
import type { AuthEvent, ErrorInfo } from './events.ts';
import type { StoreAnswer, StoreVerb } from './store.ts';
import type { How } from './types.ts';

/** The core's view of a session. Holds the access token: never handed to an application as it is. */
export interface SessionView {
  readonly id: string;
  readonly generation: number;
  readonly expiresAt: number | null;
  readonly accessToken: string | null;
  /** JSON text. */
  readonly data: string | null;
}

/** What a caller asks of the tokens. */
export type Demand =
  | { tokens: 'usable' }
  /** Newer than the generation that was used and refused, or just used. */
  | { tokens: 'refusedByProvider' | 'newerThan'; used: number };

/** What a caller wants done. `cookies` is the request's `Cookie` header as it stands. */
export type Input =
  | { kind: 'renew'; cookies: string; demand: Demand }
  | {
      kind: 'login';
      cookies: string;
      credentials: Readonly<Record<string, string>>;
      remember: boolean;
    }
  | { kind: 'adopt'; cookies: string; answer: object | null; remember: boolean }
  | { kind: 'logout'; cookies: string };

/** What the caller gets. */
export type Outcome =
  | { kind: 'signedIn'; session: SessionView; how: How; cookies: SetCookie[] }
  | { kind: 'signedOut'; reason: string; cookies: SetCookie[] }
  | { kind: 'unavailable'; session: SessionView; error: ErrorInfo; cookies: SetCookie[] }
  | { kind: 'failed'; error: ErrorInfo };

/** A request that is sent exactly so. */
export interface ProviderRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** A provider's answer, as the core reads it. */
export interface ProviderResponse {
  readonly status: number;
  /** Epoch milliseconds. */
  readonly date: number | null;
  readonly retryAfterMs: number | null;
  readonly setCookie: readonly string[];
  /** Parsed JSON, or `null`. */
  readonly body: unknown;
}

/** Something to do and to report back. */
export type Effect =
  | { kind: 'store'; sessionId: string; verb: StoreVerb }
  | { kind: 'wait'; sessionId: string; generation: number; drain: boolean }
  | { kind: 'send'; request: ProviderRequest }
  | { kind: 'sleep'; ms: number };

/** How an effect ended. */
export type EffectResult =
  | { kind: 'store'; answer: StoreAnswer }
  | { kind: 'sent'; result: SendResult }
  | { kind: 'slept' };

/** How a sent request ended. */
export type SendResult =
  | { kind: 'response'; response: ProviderResponse }
  | { kind: 'notConnected' }
  | { kind: 'unknown' };

/** A token of the application itself. Instants are epoch milliseconds. */
export interface MachineToken {
  readonly accessToken: string;
  readonly renewAt: number | null;
  readonly expiresAt: number | null;
}

/** A flight between two steps: a plain value that only the core reads. Holds tokens: never logged. */
export type FlightState = Uint8Array;

/** Everything that the driver must do next. */
export interface Step {
  readonly state: FlightState | null;
  readonly effects: readonly [id: number, effect: Effect][];
  readonly outcome: Outcome | null;
  readonly events: readonly AuthEvent[];
  readonly skewMs: number | null;
}

/** Epoch milliseconds here, and how far the provider's clock is ahead. */
export interface Clock {
  readonly now: number;
  readonly skewMs: number;
}

/**
 * The WebAssembly side of one configuration. After a trap the instance is replaced and the call is
 * repeated once with the same input: every call is a function of its arguments.
 */
export class Core {
  readonly #config: object;
  readonly #onEvent: (event: AuthEvent) => void;
  #instance: Instance | undefined;
  #manager: TokenManager | undefined;
  #reader: SessionReader | undefined;

  constructor(config: object, onEvent: (event: AuthEvent) => void) {
    this.#config = config;
    this.#onEvent = onEvent;
  }

  /**
   * Builds the manager, and so checks the configuration.
   *
   * @throws AuthError `ERR_KEY_RING`, `ERR_CONFIG`.
   */
  validate(): void {
    this.#guard('new', () => this.#current());
  }

  /** The session in a `Cookie` header. Synchronous, and all that a fresh request costs. */
  open(cookies: string, clock: Clock): OpenedSession | NotOpened {
    return this.#guard('open', () => {
      const manager = this.#current();
      this.#reader ??= new SessionReader(manager, this.#instance as Instance);
      return this.#reader.open(cookies, clock);
    });
  }

  begin(input: Input, { now, skewMs }: Clock): Step {
    return this.#guard('begin', () => this.#current().begin(input, now, skewMs, seed()));
  }

  resume(state: FlightState, id: number, result: EffectResult, { now, skewMs }: Clock): Step {
    return this.#guard('resume', () =>
      this.#current().resume(state, id, result, now, skewMs, seed()),
    );
  }

  /** The cookies that carry new application data (JSON text); a reason when nobody is signed in. */
  update(cookies: string, data: string, { now, skewMs }: Clock): SetCookie[] | string {
    return this.#guard('update', () =>
      this.#current().update(cookies, data, now, skewMs, seed()),
    );
  }

  /** What a sign-in by redirect has to remember, as the value of the cookie `name`. */
  sealSignIn(name: string, text: string): string {
    return this.#guard('sealSignIn', () => this.#current().sealSignIn(name, text, seed()));
  }

  unsealSignIn(name: string, sealed: string): string | undefined {
    return this.#guard('unsealSignIn', () => this.#current().unsealSignIn(name, sealed));
  }

  /** Of a data call's answer, and its `WWW-Authenticate` header. */
  rejectsAccessToken({ status, body }: ProviderResponse, wwwAuthenticate: string | null): boolean {
    return this.#guard('rejectsAccessToken', () =>
      this.#current().rejectsAccessToken(status, wwwAuthenticate ?? undefined, body),
    );
  }

  applyVerb(
    record: RecordValue | undefined,
    forgotten: number | undefined,
    verb: StoreVerb,
    now: number,
  ): [record: RecordValue | null, answer: StoreAnswer] {
    return this.#guard('applyVerb', () => loadCore().glue.applyVerb(record, forgotten, verb, now));
  }

  clientCredentialsRequest(config: object): ProviderRequest {
    return this.#guard('clientCredentialsRequest', () =>
      loadCore().glue.clientCredentialsRequest(config),
    );
  }

  clientCredentialsOutcome(result: SendResult, failures: number): MachineToken {
    return this.#guard('clientCredentialsOutcome', () =>
      loadCore().glue.clientCredentialsOutcome(result, failures, Date.now()),
    );
  }

  #current(): TokenManager {
    const instance = loadCore();
    if (this.#instance !== instance || !this.#manager) {
      this.#instance = instance;
      this.#reader = undefined;
      this.#manager = new instance.glue.TokenManager(this.#config, instanceBytes());
    }
    return this.#manager;
  }

  #guard<T>(call: string, run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!isTrap(error)) throw typed(error);
    }
    this.#restart(call);
    try {
      return run();
    } catch (error) {
      if (!isTrap(error)) throw typed(error);
      this.#restart(call);
      throw authError('ERR_INTERNAL', `the core failed in ${call}; please report this`);
    }
  }

  #restart(call: string): void {
    resetCore();
    this.#manager = undefined;
    this.#onEvent({ type: 'coreRestarted', call });
  }
}

/** Entropy for one call. Never the same for two: a repeated call draws anew. */
function seed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The core throws plain errors that carry the facts of an {@link AuthError}. */
function typed(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? new AuthError(error as ErrorInfo & Error) : error;
}

/** The name of this process, as the core seals it. */
function instanceBytes(): Uint8Array {
  const { instance } = processState();
  return Uint8Array.from({ length: 8 }, (_, at) => parseInt(instance.slice(2 * at, 2 * at + 2), 16));
}
