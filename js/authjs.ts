/** Auth.js (SvelteKitAuth): token rotation for its `jwt` and `session` callbacks. */
import { CLAIM, ClaimedSession, claimOf } from './authjs/claimed-session.ts';
import type { AuthjsEvent } from './authjs/event.ts';
import {
  contextOf,
  currentFrame,
  type RequestContext,
  withContext,
} from './authjs/request-context.ts';
import { authError } from './errors.ts';
import { refused, renewed } from './renew-route.ts';
import { TokenManager } from './token-manager.ts';
import type { AuthOptions, TokenResponse, WebResponse } from './types.ts';

export type { AuthjsEvent } from './authjs/event.ts';

/** Options of {@link rotation}. */
export interface RotationOptions
  extends Pick<AuthOptions, 'provider' | 'refresh' | 'replay' | 'store' | 'onEvent' | 'fetch'> {
  /**
   * What seals the tokens, in the claim and in the store: at least 32 characters. With several, the first
   * one seals. Default: `AUTH_SECRET`, `AUTH_SECRET_1` … of the environment, as Auth.js reads them.
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

/** What the `jwt` callback is called with, as far as it is looked at. */
export interface JwtParams<Token> {
  /** The claims of the Auth.js token. */
  token: Token;
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
    jwt<Token extends object>(params: JwtParams<Token>): Promise<Token | null>;
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

/** Auth.js' own default, in seconds. */
const MAX_AGE = 30 * 86_400;

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

type Claims = Record<string, unknown>;

class Rotating {
  readonly #options: RotationOptions;
  /** From the token that the `jwt` callback returned to what is known of its session. */
  readonly #known = new WeakMap<object, ClaimedSession>();
  #manager: TokenManager | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  async jwt<Token extends object>(params: JwtParams<Token>): Promise<Token | null> {
    const { token, account, trigger } = params;
    const { context, reading } = currentFrame() ?? {};
    if (context?.peeked) {
      context.peeked.claim = claimOf(token);
      return token;
    }
    if (account) return this.#signIn(params, account, context);
    if (context && !reading) context.isEndpoint = true;
    const own: Token | null = await this.#ownClaims(params);
    const text = claimOf(token);
    const isOwnChange = own === null || trigger === 'update' || differs(token, own) || isOld(token);
    if (context && isOwnChange) context.isChanged = true;
    if (own === null || text === undefined) return own;
    const session = await this.#renewed(text, trigger, context);
    if (context && session.text !== text) context.isChanged = true;
    return session.isEnded ? null : this.#remember({ ...own, [CLAIM]: session.text }, session);
  }

  /** Keeps the tokens of a sign-in, and ends the session that came with the request. */
  async #signIn<Token extends object>(
    params: JwtParams<Token>,
    account: object,
    context: RequestContext | undefined,
  ): Promise<Token | null> {
    const own: Token | null = await this.#ownClaims(params);
    if (own === null || !this.#isOurs(account)) return own;
    const previous = await context?.previousClaim();
    const session = new ClaimedSession(this.#tokenManager(), previous ?? '');
    await session.auth.adopt(account as TokenResponse);
    return this.#remember({ ...own, [CLAIM]: session.text }, session);
  }

  /** Credentials and magic links come with an account that has no tokens. */
  #isOurs(account: { access_token?: unknown; provider?: unknown }): boolean {
    const { signInWith } = this.#options;
    if (typeof account.access_token !== 'string') return false;
    return signInWith === undefined || signInWith.includes(account.provider as string);
  }

  async #ownClaims<Token>(params: JwtParams<Token>): Promise<Token | null> {
    const own = await this.#options.callbacks?.jwt?.(params);
    return own === undefined ? params.token : own;
  }

  /** The session of a claim, with the newest tokens. Opened once per request. */
  async #renewed(
    text: string,
    trigger: string | undefined,
    context: RequestContext | undefined,
  ): Promise<ClaimedSession> {
    const opening = context?.sessions.get(text) ?? this.#open(text);
    context?.sessions.set(text, opening);
    const session = await opening;
    if (context) context.current = session;
    const isDemanded = context ? context.takeDemand(trigger) : trigger === 'update';
    return isDemanded ? this.#renewedOnDemand(session, text, context) : session;
  }

  /** Where that fails, the request goes on with the tokens that it had. */
  async #renewedOnDemand(
    session: ClaimedSession,
    text: string,
    context: RequestContext | undefined,
  ): Promise<ClaimedSession> {
    const answer = await renewed(session.auth);
    const current = session.auth.standing.error ? await this.#open(session.text) : session;
    if (!context) return current;
    context.answer = answer;
    context.current = current;
    context.sessions.set(text, Promise.resolve(current));
    return current;
  }

  async #open(text: string): Promise<ClaimedSession> {
    const session = new ClaimedSession(this.#tokenManager(), text);
    await session.auth.start();
    const { error } = session.auth.standing;
    if (error && !error.retryable) console.error(`tokenkeep: ${error.code}: ${error.message}`);
    return session;
  }

  #remember<Token extends object>(token: Token, session: ClaimedSession): Token {
    this.#known.set(token, session);
    return token;
  }

  async session<S extends object>(params: { session: S; token?: object }): Promise<S> {
    const { token = {} } = params;
    if (currentFrame()?.context.peeked) return params.session;
    const text = claimOf(token);
    const known = this.#known.get(token) ?? (text === undefined ? undefined : await this.#open(text));
    const session = { ...params.session, ...(known && this.#exposed(known)) };
    const { [CLAIM]: _, ...claims } = token as Claims;
    const own = await this.#options.callbacks?.session?.({ ...params, session, token: claims });
    return own ?? session;
  }

  #exposed({ auth }: ClaimedSession): object {
    const { token, error } = auth.standing;
    if (error) return { error: error.code };
    if (!this.#options.exposeAccessToken || token === null) return {};
    return { accessToken: token, accessTokenExpiresAt: auth.session?.expiresAt ?? null };
  }

  async signOut(token: object | null | undefined): Promise<void> {
    const text = claimOf(token);
    if (text !== undefined) await new ClaimedSession(this.#tokenManager(), text).auth.logout();
  }

  /** Made at the first use, when the environment is there. */
  #tokenManager(): TokenManager {
    const { secret = secretsOfAuthjs(), session, ...options } = this.#options;
    // What is a cookie to the manager is text in a claim: it needs no prefix.
    const cookies = { maxAge: MAX_AGE, ...session, secure: false };
    return (this.#manager ??= new TokenManager({ ...options, secret, session: cookies }, false));
  }
}

/** In the order in which Auth.js uses them: a newer secret has a higher number. */
function secretsOfAuthjs(): string[] {
  const env = globalThis.process?.env ?? {};
  const names = ['AUTH_SECRET_3', 'AUTH_SECRET_2', 'AUTH_SECRET_1', 'AUTH_SECRET'];
  return names.flatMap((name) => env[name] || []);
}

function differs(before: object, after: object): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after);
}

/** Whether the Auth.js token is to be issued again so that its life slides: after a tenth of it. */
function isOld(token: { iat?: unknown; exp?: unknown }): boolean {
  const { iat, exp } = token;
  if (typeof iat !== 'number' || typeof exp !== 'number') return true;
  return Date.now() / 1000 - iat > (exp - iat) / 10;
}
