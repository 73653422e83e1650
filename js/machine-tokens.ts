/** Tokens of the application itself, from the `client_credentials` grant (RFC 6749 §4.4). */
import { within } from './bounded-wait.ts';
import { Core, type MachineToken } from './core.ts';
import { send } from './driver.ts';
import { AuthError, authError, isAuthError } from './errors.ts';
import type { OAuthOptions } from './oauth.ts';
import type { Fetch } from './web.ts';

/** An authorization server, and the client whose own tokens are fetched there. */
export interface ClientCredentialsOptions
  extends Pick<OAuthOptions, 'tokenEndpoint' | 'clientId' | 'clientSecret' | 'body'> {
  /** How the client proves who it is: `basic` in a header, `post` in the body. Default `basic`. */
  clientAuth?: 'basic' | 'post';
  /** Sent with every request. Default: not sent. */
  scope?: string | undefined;
  /** Seconds that a caller waits for a token; the request itself goes on. Default 5. */
  maxWait?: number;
  /** Sends the requests. Default: `globalThis.fetch` at call time. */
  fetch?: Fetch;
}

/** What a token is to be good for. */
export interface MachineTokenFor {
  /** The API that it is for, as Auth0 and others want it: sent as `audience`. */
  audience?: string;
  /** In place of the options' scope. */
  scope?: string;
}

/** The application's own tokens. */
export interface MachineTokens {
  /**
   * A token that works now. Kept by this process, one for each audience and scope; fetched anew before it
   * expires, once however many callers there are, and while the old one still works nobody waits.
   *
   * @throws AuthError `ERR_CONFIG`, `ERR_PROVIDER_REJECTED`, or a retryable one: `ERR_TRANSPORT`,
   * `ERR_PROVIDER_UNAVAILABLE`, `ERR_RESPONSE_INVALID`, `ERR_TIMEOUT`. Until its `retryAfterMs` is over, the
   * server is left alone and callers get the same error.
   */
  getAccessToken(wanted?: MachineTokenFor): Promise<string>;
}

/** What this process knows of one token. */
interface Entry {
  token: MachineToken | null;
  failures: number;
  /** The last failure, until the server may be asked again. */
  error: AuthError | null;
  retryAt: number;
  flight: Promise<void> | null;
  /** Of the flight, epoch milliseconds. */
  startedAt: number;
}

/** On Workers a request ends with the visitor who began it, and its promise never settles: it is not waited for longer. */
const GIVEN_UP_MS = 30_000;

function isUnderWay({ flight, startedAt }: Entry, now: number): boolean {
  return flight !== null && now - startedAt < GIVEN_UP_MS;
}

/** One Next.js process loads a module three times; the tokens have to be the same ones. */
const KEY = Symbol.for('tokenkeep.machine-tokens.1');
const entries = ((globalThis as { [KEY]?: Map<string, Entry> })[KEY] ??= new Map());

/** Checked at the first use, not here. For calls that the application makes for no user. */
export function clientCredentials(options: ClientCredentialsOptions): MachineTokens {
  const client = new Client(options);
  return { getAccessToken: (wanted = {}) => client.getAccessToken(wanted) };
}

class Client {
  readonly #options: ClientCredentialsOptions;
  readonly #core = new Core({}, () => {});

  constructor(options: ClientCredentialsOptions) {
    this.#options = options;
  }

  async getAccessToken(wanted: MachineTokenFor): Promise<string> {
    const entry = this.#entry(wanted);
    const now = Date.now();
    if (entry.token && now < (entry.token.renewAt ?? Infinity)) return entry.token.accessToken;
    if (!isUnderWay(entry, now) && now >= entry.retryAt) this.#start(entry, wanted);
    if (entry.token && now < (entry.token.expiresAt ?? Infinity)) return entry.token.accessToken;
    if (entry.flight) await this.#wait(entry.flight);
    if (entry.error) throw new AuthError(entry.error);
    if (!entry.token) throw authError('ERR_INTERNAL', 'a request for a token ended without one');
    return entry.token.accessToken;
  }

  #entry(wanted: MachineTokenFor): Entry {
    const { tokenEndpoint, clientId, scope, body } = this.#options;
    const key = JSON.stringify([tokenEndpoint, clientId, body, wanted.audience, wanted.scope ?? scope]);
    const known = entries.get(key);
    if (known) return known;
    const entry: Entry = { token: null, failures: 0, error: null, retryAt: 0, flight: null, startedAt: 0 };
    entries.set(key, entry);
    return entry;
  }

  #start(entry: Entry, wanted: MachineTokenFor): void {
    const flight = this.#renew(entry, wanted).finally(() => {
      if (entry.flight === flight) entry.flight = null;
    });
    entry.flight = flight;
    entry.startedAt = Date.now();
  }

  /** Fetches a token. Never rejects. */
  async #renew(entry: Entry, wanted: MachineTokenFor): Promise<void> {
    try {
      entry.token = await this.#fetch(entry, wanted);
      entry.error = null;
      entry.failures = 0;
    } catch (error) {
      entry.error = isAuthError(error) ? error : authError('ERR_INTERNAL', 'no token was asked for');
      entry.failures += 1;
      entry.retryAt = Date.now() + (entry.error.retryAfterMs ?? 0);
    }
  }

  async #fetch(entry: Entry, { audience, scope }: MachineTokenFor): Promise<MachineToken> {
    const { fetch = globalThis.fetch as Fetch, maxWait, body, ...config } = this.#options;
    const request = this.#core.clientCredentialsRequest({
      ...config,
      scope: scope ?? config.scope,
      body: { ...body, ...(audience !== undefined && { audience }) },
    });
    const result = await send(fetch, request);
    return this.#core.clientCredentialsOutcome(result, entry.failures);
  }

  #wait(flight: Promise<void>): Promise<void> {
    const seconds = this.#options.maxWait ?? 5;
    return within(flight, seconds * 1000, () => {
      throw authError('ERR_TIMEOUT', `no token within ${seconds} s; the request goes on`);
    });
  }
}
