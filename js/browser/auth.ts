/** The page's session: loads the driver when it is needed, and survives it when it traps. */
import { type BearerSource, sendWithBearer } from '../bearer.ts';
import type { Demand, SessionView } from '../core.ts';
import { AuthError, authError, isAuthError } from '../errors.ts';
import { credentialTexts } from '../credentials.ts';
import type { AuthEvent, ErrorInfo } from '../events.ts';
import type { Credentials, Json, Session } from '../types.ts';
import type { Fetch } from '../web.ts';
import { type BrowserSession, type Host } from './glue.js';
import { whenTrapped } from './guard.ts';
import { load } from './load.ts';
import type { BrowserAuth, BrowserOptions } from './options.ts';
import { hostStorage, memoryStorage } from './storage.ts';

/** One driver at work, until it traps. */
interface Running {
  readonly driver: BrowserSession;
  /** How to end what is outstanding when the driver traps: its own promises would stay open. */
  readonly onTrap: Set<(error: unknown) => void>;
}

export class PageAuth implements BrowserAuth {
  readonly providerUrl: string;
  readonly #options: BrowserOptions;
  readonly #host: Host;
  readonly #listeners = new Set<(session: Session | null) => void>();
  #session: Session | null = null;
  #running: Promise<Running> | undefined;
  #ahead: boolean;

  constructor(options: BrowserOptions) {
    const { provider, storage = 'memory', refresh } = options;
    this.providerUrl = provider.url;
    this.#options = options;
    this.#ahead = refresh?.ahead ?? true;
    const own = storage === 'memory' ? memoryStorage() : storage;
    this.#host = {
      fetch: async (request) => this.#fetch(request),
      onEvent: (event) => this.#tell(event),
      onSession: (view) => this.#show(view),
      storage: typeof own === 'string' || own === undefined ? own : hostStorage(own),
      storageKey: `tokenkeep:${provider.url}`,
    };
    // What was stored is renewed ahead of expiry from the start. On a server there is nothing to read.
    if (storage !== 'memory' && typeof document === 'object') void this.getSession().catch(() => {});
  }

  get session(): Session | null {
    return this.#session;
  }

  async getSession(): Promise<Session | null> {
    await this.#call((driver) => driver.ready());
    return this.#session;
  }

  async getAccessToken({ refresh = false }: { refresh?: boolean } = {}): Promise<string> {
    const used = this.#session?.generation;
    const view = await this.renew(
      refresh && used !== undefined ? { tokens: 'newerThan', used } : { tokens: 'usable' },
    );
    return tokenIn(view);
  }

  readonly fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    if (request.headers.has('authorization')) return this.#fetch(request);
    const view = await this.renew({ tokens: 'usable' }).catch(anonymous);
    if (view === null) return this.#fetch(request);
    return sendWithBearer(this.#bearerOf(view), request, (ready) => this.#fetch(ready));
  }) as Fetch;

  async login(credentials: Credentials): Promise<Session> {
    return sessionOf(await this.#call((driver) => driver.login(credentialTexts(credentials))));
  }

  async logout(): Promise<void> {
    await this.#call((driver) => driver.logout());
  }

  subscribe(listener: (session: Session | null) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  refreshAhead(on: boolean): void {
    this.#ahead = on;
    if (this.#running) void this.#call(async (driver) => driver.setAhead(on)).catch(() => {});
  }

  /** A session in the form that a storage holds, from elsewhere. */
  async adopt(session: object): Promise<void> {
    await this.#call((driver) => driver.adopt(session));
  }

  /** The session with a token that meets the demand. */
  renew(demand: Demand): Promise<SessionView> {
    return this.#call((driver) => driver.renew(demand));
  }

  #bearerOf(view: SessionView): BearerSource {
    const used = view.generation;
    return {
      getAccessToken: async () => tokenIn(view),
      rejected: (response) => this.#rejected(response),
      replacement: async () => {
        const newer = await this.renew({ tokens: 'refusedByProvider', used }).catch(anonymous);
        return newer === null || newer.generation === used ? null : tokenIn(newer);
      },
    };
  }

  async #rejected(response: Response): Promise<boolean> {
    if (response.status !== 401) return false;
    const body: unknown = await response.clone().json().catch(() => null);
    return this.#call(async (driver) => driver.rejectsAccessToken(response.status, body));
  }

  #fetch(request: Request): Promise<Response> {
    return (this.#options.fetch ?? globalThis.fetch)(request) as Promise<Response>;
  }

  async #call<T>(run: (driver: BrowserSession) => Promise<T>): Promise<T> {
    try {
      const { driver, onTrap } = await (this.#running ??= this.#start());
      return await unlessTrapped(run(driver), onTrap);
    } catch (error) {
      throw typed(error);
    }
  }

  async #start(): Promise<Running> {
    try {
      if (this.#options.provider.kind !== 'directus') {
        throw authError('ERR_CONFIG', 'the provider of a page is directus: others sign in on a server');
      }
      const { BrowserSession } = await load();
      const onTrap: Running['onTrap'] = new Set();
      const listeners = new AbortController();
      const stop = whenTrapped(() => {
        stop();
        listeners.abort();
        this.#running = undefined;
        this.#tell({ type: 'coreRestarted', call: 'page' });
        const error = authError('ERR_INTERNAL', 'the driver failed; please report this');
        for (const reject of onTrap) reject(error);
      });
      const driver = new BrowserSession(configOf(this.#options), this.#host, listeners.signal);
      if (!this.#ahead) driver.setAhead(false);
      return { driver, onTrap };
    } catch (error) {
      this.#running = undefined;
      if (error instanceof Error && 'code' in error) throw error;
      throw authError('ERR_TRANSPORT', 'the WebAssembly module could not be loaded', { cause: error });
    }
  }

  #show(view: SessionView | null): void {
    this.#session = view && sessionOf(view);
    for (const listener of this.#listeners) shielded(() => listener(this.#session));
  }

  #tell(event: AuthEvent): void {
    shielded(() => this.#options.onEvent?.(event));
  }
}

/** Not a race against a promise that lives as long as the page: that would keep every result. */
async function unlessTrapped<T>(outcome: Promise<T>, onTrap: Running['onTrap']): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  onTrap.add(reject);
  outcome.then(resolve, reject);
  return promise.finally(() => onTrap.delete(reject));
}

/** An observer's own failure is not the session's. */
function shielded(call: () => unknown): void {
  const failed = (error: unknown) => console.error('tokenkeep: an observer threw', error);
  try {
    Promise.resolve(call()).catch(failed);
  } catch (error) {
    failed(error);
  }
}

function configOf({ provider, refresh, session }: BrowserOptions): object {
  return {
    provider,
    refreshLeeway: refresh?.leeway,
    maxTokenAge: refresh?.maxTokenAge,
    maxWait: refresh?.maxWait,
    sessionMaxAge: session?.maxAge,
  };
}

function sessionOf({ id, expiresAt, generation, data }: SessionView): Session {
  return { id, expiresAt, generation, data: data === null ? null : parsed(data) };
}

/** What a storage has kept may be anything. */
function parsed(text: string): Json | null {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

function tokenIn({ accessToken }: SessionView): string {
  if (accessToken === null) throw authError('ERR_INTERNAL', 'a session without a token');
  return accessToken;
}

/** Nobody is signed in: a request goes out as nobody's. */
function anonymous(error: unknown): null {
  if (isAuthError(error) && error.sessionEnded) return null;
  throw error;
}

/** The driver rejects with plain errors that carry the facts of an {@link AuthError}. */
function typed(error: unknown): unknown {
  if (isAuthError(error)) return error;
  return error instanceof Error && 'code' in error ? new AuthError(error as ErrorInfo & Error) : error;
}
