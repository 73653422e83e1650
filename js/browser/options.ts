import type { AuthEvent } from '../events.ts';
import type { ProviderConfig, Session } from '../types.ts';
import type { Fetch } from '../web.ts';

/** Options of {@link tokenkeep} in a page. Durations are seconds. */
export interface BrowserOptions {
  /** Who issues the tokens: `directus({ url })`, in `json` mode. Its `CORS_ENABLED` has to be on. */
  provider: ProviderConfig;
  /**
   * Where the tokens are kept. `memory`: in the page, and gone with it. The other two by name survive a
   * reload, and every script of the page's origin can read them. Or an application's own.
   * Default `memory`.
   */
  storage?: 'memory' | 'localStorage' | 'sessionStorage' | BrowserStorage;
  /** When a token is renewed. */
  refresh?: {
    /**
     * Renew by a timer before anybody asks, and when the page wakes: it becomes visible again, comes out of
     * the back-forward cache, or the network returns. Default `true`.
     */
    ahead?: boolean;
    /** Seconds before expiry; never more than a quarter of the token's lifetime. Default 30. */
    leeway?: number;
    /** Also renew a token that is older than this many seconds. Default, and 0: only by expiry. */
    maxTokenAge?: number;
    /** Seconds that a caller waits for a renewal or a logout, which themselves go on. Default 5. */
    maxWait?: number;
  };
  /** The session. */
  session?: {
    /** Seconds that a stored session lives after its login or its last renewal. Default 604800, seven days. */
    maxAge?: number;
  };
  /** Called with everything that happens. Never with a token. */
  onEvent?: (event: AuthEvent) => void;
  /** Sends the requests, those to the provider's auth endpoints too. Default: `globalThis.fetch` at call time. */
  fetch?: Fetch;
}

/**
 * A storage for one text. What it holds is a secret. It may throw, reject, or hold anything: what is no
 * session reads as signed out, and what cannot be stored lives as long as the page.
 */
export interface BrowserStorage {
  /** The text under this key; anything that is no text is nothing. */
  get(key: string): unknown;
  /** Replaces it. A promise is awaited before anybody gets the new token. */
  set(key: string, value: string): unknown;
  /** Removes it. */
  remove(key: string): unknown;
}

/** The session of a page. One per page and provider; several tabs are not coordinated yet. */
export interface BrowserAuth {
  /** The provider's base URL. */
  readonly providerUrl: string;
  /** The session without its tokens; `null` when nobody is signed in, and before the storage was read. */
  readonly session: Session | null;
  /** The same, once the storage was read. */
  getSession(): Promise<Session | null>;
  /**
   * A token that works now, renewed if need be.
   *
   * @throws AuthError `ERR_SIGNED_OUT`, or a retryable one while the provider cannot be reached.
   */
  getAccessToken(options?: {
    /** Newer than the one that was last given. */
    refresh?: boolean;
  }): Promise<string>;
  /**
   * `fetch` with the bearer attached, whatever the URL: call it with addresses that may have the token. A 401
   * that says the token expired renews and replays once. When nobody is signed in, without a bearer.
   */
  readonly fetch: Fetch;
  /**
   * Signs in, and ends the session that was there.
   *
   * @throws AuthError `ERR_LOGIN_REJECTED`, `ERR_OTP_REQUIRED`, a retryable one while the provider cannot be
   * reached, or `ERR_SIGNED_OUT` when another login or a logout came in between.
   */
  login(credentials: import('../types.ts').Credentials): Promise<Session>;
  /**
   * Signs out: in the page at once, at the provider as soon as it answers. A renewal under way loses its
   * effect, and what it still receives is revoked. Never rejects because of the provider.
   */
  logout(): Promise<void>;
  /** Calls `listener` whenever {@link session} changes, until what this returns is called. */
  subscribe(listener: (session: Session | null) => void): () => void;
  /** Begins or ends renewing ahead of expiry. */
  refreshAhead(on: boolean): void;
}
