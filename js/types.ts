/** What an application sets, and what it sees. Instants are epoch milliseconds, durations are seconds. */
import type { AuthEvent } from './events.ts';
import type { LogoutOptions, SignInFlow, SignInOptions } from './sign-in.ts';
import type { Store } from './store.ts';
import type { Fetch, WebRequest } from './web.ts';

/** Who issues the tokens. Made by `directus(…)`, `oauth(…)` or `oidc(…)`. */
export interface ProviderConfig {
  /** Which rules it follows: `directus` or `oauth`. */
  readonly kind: string;
  /** The provider's base URL; only requests under it get a token by `handleFetch`. */
  readonly url: string;
  /** @internal */
  readonly signIn?: SignInFlow;
  /** First segments, in lower case, of the paths below `url` that never get a bearer. Default: none. */
  readonly withoutBearer?: readonly string[];
  /** The same for paths that report errors, those about a bearer too, with status 200. Default: none. */
  readonly errorsWith200?: readonly string[];
  /** What to tell the programmer whose own call of a path, in lower case, is answered with `status`. */
  readonly advice?: readonly { readonly path: string; readonly status: number; readonly message: string }[];
  /** Settings that hold as well where nothing outlives a request: in an isolate without a store. */
  readonly stateless?: object;
  /** The provider's own cookie goes to the browser too. Default: it does not. */
  readonly relay?: RelayOptions;
}

/** How Directus' own session cookie is written for the browser. */
export interface RelayOptions {
  /** Directus' `SESSION_COOKIE_DOMAIN`. Default: none, the application's own host. */
  readonly domain?: string;
  /** Default `/`. */
  readonly path?: string;
  /** Default `lax`. */
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** Default: as the sealed cookie, see `session.secure`. */
  readonly secure?: boolean;
}

/** Options that every adapter takes. */
export interface AuthOptions {
  /** Who issues the tokens. */
  provider: ProviderConfig;
  /**
   * What seals the session cookie: at least 32 characters, random. With several, the first one seals
   * and all of them unseal; a new one is deployed as the second everywhere before it becomes the first.
   */
  secret: string | readonly string[] | undefined;
  /** When a token is renewed. */
  refresh?: {
    /** Seconds before expiry; never more than a quarter of the token's lifetime. Default 30. */
    leeway?: number;
    /** Also renew a token that is older than this many seconds. Default, and 0: only by expiry. */
    maxTokenAge?: number;
    /** Seconds that one request waits for a renewal or a logout, which itself goes on. Default 5. */
    maxWait?: number;
  };
  /** The session and its cookie. */
  session?: {
    /**
     * Seconds that a session lives after its login, its last renewal or `update`. Give it more than an access token
     * lives: what nobody renews in that time is signed out. Default 604800, seven days.
     */
    maxAge?: number;
    /**
     * Where the tokens live. `cookie`: sealed in the cookie. `store`: in the session's record, and the
     * cookie only names it; every request then asks the store, and what the store loses is signed out.
     * Default `cookie`.
     */
    in?: 'cookie' | 'store';
    /** First part of the cookie's name. Default `tokenkeep`. */
    cookieName?: string;
    /**
     * `Secure` cookies with the `__Host-` prefix. Default `true`, except in development mode. Never
     * decided by the request's scheme: TLS ends at proxies.
     */
    secure?: boolean;
  };
  /**
   * What a cookie leads to whose successor has been in use for over a minute. Default `serve`. A successor is in use too when
   * the request that brought it about has asked the application itself with it (Next.js after its proxy, SvelteKit's
   * `event.fetch`): if that answer is lost, `refuse` and `end` sign a user out who has done nothing wrong.
   */
  replay?: 'serve' | 'refuse' | 'end';
  /** Where the records of sessions live. Default: the memory of this process. */
  store?: Store;
  /** Called after a login; what it returns becomes the session's `data`. */
  onLogin?: (login: Login) => Promise<Json | undefined> | Json | undefined;
  /** Called with everything that happens. Never with a token. */
  onEvent?: (event: AuthEvent) => void;
  /** Sends the requests to the provider's auth endpoints. Default: `globalThis.fetch` at call time. */
  fetch?: Fetch;
}

/** What `onLogin` has to work with. */
export interface Login {
  /** Of the new session. */
  readonly accessToken: string;
  /** `fetch` with the access token as a bearer, as `auth.fetch`. */
  readonly fetch: Fetch;
  /** What the id token says of the user (OpenID Connect Core §2), checked; with `oidc(…)` only. */
  readonly claims?: { readonly [claim: string]: Json };
}

/** What an application may know of a session: plain, serialisable, never a token. */
export interface Session {
  /** Names this session; the same from login to logout. */
  readonly id: string;
  /** When the access token expires, epoch milliseconds. `null`: not known, or never. */
  readonly expiresAt: number | null;
  /** How many times its tokens were renewed. */
  readonly generation: number;
  /** The application's own data. */
  readonly data: Json | null;
}

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a user proves their identity with. Sent to the provider and kept nowhere. */
export type Credentials = PasswordCredentials | DirectoryCredentials | ShareCredentials;

/** A user with a password. */
export interface PasswordCredentials {
  /** As the provider knows the user. */
  email: string;
  /** As typed. */
  password: string;
  /** One-time password, when the user has a second factor. */
  otp?: string;
  /** The name of another sign-in of Directus than its default (`AUTH_PROVIDERS`). */
  provider?: string;
}

/** A user of a directory (LDAP). */
export interface DirectoryCredentials {
  /** As the directory knows the user. */
  identifier: string;
  /** As typed. */
  password: string;
  /** One-time password, when the user has a second factor. */
  otp?: string;
  /** The name of the sign-in at Directus (`AUTH_PROVIDERS`). */
  provider: string;
}

/** A share of Directus: what it shows to whoever has its id. */
export interface ShareCredentials {
  /** The share's id. */
  share: string;
  /** When the share has one. */
  password?: string;
}

/**
 * A successful answer of a token endpoint (RFC 6749 §5.1), or of Directus' login, refresh or share, which is
 * also what its SDK returns. Other members are ignored.
 */
export interface TokenResponse {
  /** Sent to the resource server as a bearer. With Directus it may be left out beside a `refresh_token`. */
  readonly access_token?: string | null | undefined;
  /** Without one the session ends with its access token; a static token of Directus never ends. */
  readonly refresh_token?: string | null | undefined;
  /** Directus: milliseconds from now. */
  readonly expires?: number | string | null | undefined;
  /** Seconds from now. Without it: the `exp` of an access token that is a JWT. */
  readonly expires_in?: number | string | undefined;
  /** What was granted, if it is not what was asked for. */
  readonly scope?: string | undefined;
  /** Read as `Bearer`, whatever it says. */
  readonly token_type?: string | undefined;
}

/** How this request came by its tokens. */
export type How = 'fresh' | 'refreshed' | 'adopted' | 'waited' | 'kept' | 'loggedIn';

/** `locals.auth`: one object in hooks, loads, actions, endpoints and remote functions. */
export interface Auth {
  /** The provider's base URL. */
  readonly providerUrl: string;
  /** The session; `null` when nobody is signed in. Also there while the provider is down. */
  readonly session: Session | null;
  /** How this request came by its tokens; `null` when nobody is signed in or no token is usable. */
  readonly how: How | null;
  /**
   * The session, or the framework's redirect to `redirectTo` (303, or 307 where Next.js makes it), or 401 without one; also when the
   * provider renews only after another sign-in. When the user is signed in and only the provider is
   * down: 503.
   */
  require(options?: { redirectTo?: string }): Session;
  /**
   * A token that works now, renewed if need be.
   *
   * @throws AuthError `ERR_SIGNED_OUT`, `ERR_INTERACTION_REQUIRED`, or a retryable one while the provider
   * or the store is down.
   */
  getAccessToken(options?: {
    /** Newer than the one this request has used so far. */
    refresh?: boolean;
  }): Promise<string>;
  /**
   * `fetch` with the bearer attached, whatever the URL: call it with addresses that may have the token.
   * A 401 that says the token expired renews and replays once.
   */
  readonly fetch: Fetch;
  /**
   * Signs in, and ends the session that came with the request.
   *
   * @throws AuthError `ERR_LOGIN_REJECTED`, `ERR_OTP_REQUIRED`, `ERR_API_MISUSE` with a provider that takes
   * no password, `ERR_COOKIE_TOO_LARGE` for tokens that fit into no cookie, a retryable one while the provider is
   * down, or `ERR_HEADERS_SENT` before doing anything when no cookie can be written any more.
   */
  login(credentials: Credentials, options?: { remember?: boolean }): Promise<Session>;
  /**
   * Starts a session with what a sign-in elsewhere has left, and ends the session that came with the
   * request. That is the answer of a token endpoint, or the request that the provider redirected back to the
   * application: then the cookie of Directus that came with it is redeemed.
   *
   * @throws AuthError `ERR_COOKIE_TOO_LARGE`, `ERR_API_MISUSE` if there is no token in the answer; of a request `ERR_LOGIN_REJECTED`
   * with the `?reason=` of Directus as `providerCode`, or without a cookie that is worth something, and
   * `ERR_CONFIG` with the cookie of another mode; `ERR_HEADERS_SENT` before doing anything.
   */
  adopt(from: TokenResponse | WebRequest, options?: { remember?: boolean }): Promise<Session>;
  /**
   * Begins a sign-in at the provider of `oidc(…)`. Resolves with the address to redirect the browser to.
   *
   * @throws AuthError `ERR_HEADERS_SENT` before doing anything, `ERR_API_MISUSE` with another provider, or a
   * retryable one while the provider is down.
   */
  signIn(options?: SignInOptions): Promise<string>;
  /**
   * Ends that sign-in, in the route of the redirect URI: checks the provider's answer, starts the session, and ends
   * the one that came with the request. `url` is the request's; of one without a host, the path and the query are
   * enough. Resolves with `returnTo`, the path to redirect the browser to.
   *
   * @throws AuthError `ERR_STATE_MISMATCH` if this browser did not begin the sign-in, `ERR_SIGN_IN_REJECTED`,
   * `ERR_RESPONSE_INVALID`, `ERR_PROVIDER_REJECTED`, a retryable one while the provider is down, `ERR_API_MISUSE`
   * with another provider, or `ERR_HEADERS_SENT` before doing anything.
   */
  callback(url: string): Promise<string>;
  /**
   * Signs out, here and at the provider. Resolves with the address to redirect the browser to: where the provider of
   * `oidc(…)` ends its own session, and otherwise `returnTo`.
   *
   * @throws AuthError `ERR_HEADERS_SENT`, before doing anything.
   */
  logout(options?: LogoutOptions): Promise<string>;
  /**
   * Replaces the session's `data`. Keep it small: it is sent with every request, beside the tokens, and servers refuse
   * long headers, Node.js above 16 KiB in all and nginx above 8 KiB in a line.
   *
   * @throws AuthError `ERR_SIGNED_OUT`, `ERR_HEADERS_SENT`, `ERR_COOKIE_TOO_LARGE`.
   */
  update(data: Json): Promise<Session>;
}
