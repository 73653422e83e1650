/** Auth.js (SvelteKitAuth): token rotation for its `jwt` and `session` callbacks. */
import type { AuthjsEvent } from './authjs/event.ts';
import { contextOf, withContext } from './authjs/request-context.ts';
import { Rotating } from './authjs/rotating.ts';
import { authError } from './errors.ts';
import { refused } from './renew-route.ts';
import type { AuthOptions } from './types.ts';
import type { WebResponse } from './web.ts';

export type { AuthjsEvent } from './authjs/event.ts';

/** Options of {@link rotation}. */
export interface RotationOptions
  extends Pick<AuthOptions, 'provider' | 'refresh' | 'replay' | 'store' | 'onEvent' | 'fetch'> {
  /**
   * What seals the tokens, in the claim and in the store: at least 32 characters. With several, the first
   * one seals. Default: `AUTH_SECRET`, `AUTH_SECRET_1` … of `process.env`, not what Vite reads from `.env`:
   * with SvelteKit pass `env.AUTH_SECRET` of `$env/dynamic/private`.
   */
  secret?: string | readonly string[] | undefined;
  /** As in `AuthOptions`, but `maxAge` is 2592000 by default: 30 days, as Auth.js' own. Keep the two alike. */
  session?: Pick<NonNullable<AuthOptions['session']>, 'maxAge' | 'in'>;
  /** Ids of the Auth.js providers whose tokens are kept. Default: of any that issues an access token. */
  signInWith?: readonly string[];
  /**
   * Puts `accessToken` and `accessTokenExpiresAt` into the session, which `/auth/session` gives to the
   * browser. On the server, `getAccessToken(event)` needs none of that. Default `false`.
   */
  exposeAccessToken?: boolean;
  /** The application's own callbacks. */
  callbacks?: {
    /** Called first; what it returns is kept in the token. `null` signs out. */
    jwt?: (params: any) => any;
    /** Called last, with a session that has `error` and, if asked for, the access token. */
    session?: (params: any) => any;
  };
}

/** What the `jwt` callback is called with besides the token, as far as it is looked at. */
export interface JwtParams {
  /** The tokens of a sign-in. */
  account?: object | null;
  /** `update`: the page asks for a newer session. */
  trigger?: string;
}

/** What is spread into the configuration of `SvelteKitAuth`, and what goes beside it. */
export interface Rotation {
  /** Keep, renew and expose the tokens. They never throw, but at a sign-in that cannot succeed. */
  readonly callbacks: {
    /** Keeps the tokens of a sign-in, renews them when they are due. `null`: the session has ended. */
    jwt<Token extends object>(params: JwtParams & { token: Token }): Promise<Token | null>;
    /** Adds `error`, an error code, while there is no token that works; the access token if asked for. */
    session<S extends object>(params: { session: S; token?: object }): Promise<S>;
  };
  /** Ends the tokens with the Auth.js session. */
  readonly events: {
    /** Ends the session of the token that is signed out, and revokes its refresh token. */
    signOut(message: { token?: object | null; session?: unknown }): Promise<void>;
  };
  /**
   * To put before that of Auth.js: `sequence(tokens.handle, authjs.handle)`. `locals.auth()` then works
   * once per request, and a request that changed nothing sets no cookie.
   */
  readonly handle: <E extends AuthjsEvent>(input: {
    event: E;
    resolve: (event: E) => WebResponse | Promise<WebResponse>;
  }) => Promise<WebResponse>;
  /**
   * `export const POST = tokens.renewRoute` in a `+server.ts`: a page's way to ask for a renewal. 200 with
   * `{ expiresAt }`; 405 unless POST; 403 from another site; 401 when nobody is signed in; 503 when it
   * failed and the tokens stay what they were.
   */
  readonly renewRoute: (event: AuthjsEvent) => Promise<WebResponse>;
  /**
   * A token that works now, for the server's own calls.
   *
   * @throws AuthError `ERR_SIGNED_OUT`, `ERR_INTERACTION_REQUIRED`, a retryable one while the provider or
   * the store is down, `ERR_API_MISUSE` without the `handle`.
   */
  readonly getAccessToken: (event: AuthjsEvent) => Promise<string>;
}

/** Token rotation for Auth.js: `SvelteKitAuth({ providers, ...rotation({ provider: oauth({ … }) }) })`. */
export function rotation(options: RotationOptions): Rotation {
  const rotating = new Rotating(options);
  return {
    callbacks: {
      jwt: (params) => rotating.jwt(params),
      session: (params) => rotating.session(params),
    },
    events: { signOut: ({ token }) => rotating.signOut(token) },
    handle: ({ event, resolve }) => withContext(event, resolve),
    renewRoute: async (event) => refused(event.request) ?? contextOf(event).renew(),
    getAccessToken: async (event) => {
      const context = contextOf(event);
      await context.session();
      if (!context.current) throw authError('ERR_SIGNED_OUT', 'nobody is signed in');
      return context.current.auth.getAccessToken();
    },
  };
}
