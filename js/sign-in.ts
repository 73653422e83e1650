/** Sign-in and logout by redirects. How it is done is the provider's. */
import type { SetCookie } from './cookies.ts';
import type { RequestState } from './request-state.ts';
import type { Login, TokenResponse } from './types.ts';
import type { Fetch } from './web.ts';

/** How a sign-in begins. */
export interface SignInOptions {
  /** Where the user goes afterwards: a path of this application, anything else reads as `/`. Default `/`. */
  returnTo?: string | null | undefined;
  /** As in `login`: `false` writes a cookie that ends with the browser's session. Default `true`. */
  remember?: boolean;
  /** Further parameters of this authorization request, such as `login_hint` or `prompt`. */
  parameters?: Readonly<Record<string, string>>;
}

/** How a logout ends. */
export interface LogoutOptions {
  /**
   * Where the user goes afterwards: a path of this application, anything else reads as `/`. A provider that
   * ends its own session sends the browser there only if the address is registered with it. Default `/`.
   */
  returnTo?: string | null | undefined;
}

/**
 * The provider's answer to a sign-in, checked.
 *
 * @internal
 */
export interface SignInAnswer {
  readonly tokens: TokenResponse;
  /** Of the id token. */
  readonly claims: Login['claims'];
  readonly remember: boolean;
  /** An own path. */
  readonly returnTo: string;
  /** To be set once the session has begun. */
  readonly cookies: readonly SetCookie[];
}

/**
 * Sign-in at a provider, made by `oidc(…)`.
 *
 * @internal
 */
export interface SignInFlow {
  /**
   * Checks the options.
   *
   * @throws AuthError `ERR_CONFIG`.
   */
  validate(): void;
  /** The address of the provider's sign-in; sets the cookie that the answer is checked against. */
  begin(request: RequestState, options: SignInOptions): Promise<string>;
  /** The provider's answer, which `url` carries. */
  finish(request: RequestState, url: string): Promise<SignInAnswer>;
  /** The address where the provider ends its own session; `null` if it has none. Never rejects. */
  leave(request: RequestState, returnTo: string): Promise<string | null>;
  /** `fetch` for the provider's endpoints, some of which only its discovery document knows. */
  through(fetch: Fetch): Fetch;
}
