/** What the callbacks do: tokens into the claim at a sign-in, and the newest ones out of it. */
import type { JwtParams, RotationOptions } from '../authjs.ts';
import { renewed } from '../renew-route.ts';
import { TokenManager } from '../token-manager.ts';
import type { TokenResponse } from '../types.ts';
import { CLAIM, ClaimedSession, claimOf } from './claimed-session.ts';
import { currentFrame, type RequestContext } from './request-context.ts';

/** Auth.js' own default, in seconds. */
const MAX_AGE = 30 * 86_400;

type Claims = Record<string, unknown>;
type JwtCall<Token> = JwtParams & { token: Token };

/** The callbacks of one configuration. */
export class Rotating {
  readonly #options: RotationOptions;
  /** From the token that the `jwt` callback returned to what is known of its session. */
  readonly #known = new WeakMap<object, ClaimedSession>();
  #manager: TokenManager | undefined;

  constructor(options: RotationOptions) {
    this.#options = options;
  }

  async jwt<Token extends object>(params: JwtCall<Token>): Promise<Token | null> {
    const { token, account, trigger } = params;
    const { context, reading } = currentFrame() ?? {};
    if (context?.peeked) {
      context.peeked.claim = claimOf(token);
      return token;
    }
    if (account) return this.#signIn(params, account, context);
    if (context && !reading) context.isEndpoint = true;
    const text = claimOf(token);
    // The application's callback may change the token in its place.
    const before = JSON.stringify(token);
    const own: Token | null = await this.#ownClaims(params);
    const isOwnChange = trigger === 'update' || JSON.stringify(own) !== before || isOld(token);
    if (context && isOwnChange) context.isChanged = true;
    if (own === null || text === undefined) return own;
    const session = await this.#renewed(text, trigger, context);
    if (context && session.text !== text) context.isChanged = true;
    return session.isEnded ? null : this.#remember({ ...own, [CLAIM]: session.text }, session);
  }

  /** Keeps the tokens of a sign-in, and ends the session that came with the request. */
  async #signIn<Token extends object>(
    params: JwtCall<Token>,
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

  async #ownClaims<Token>(params: JwtCall<Token>): Promise<Token | null> {
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
    const current = session.auth.state.standing.error ? await this.#open(session.text) : session;
    if (!context) return current;
    context.answer = answer;
    context.current = current;
    context.sessions.set(text, Promise.resolve(current));
    return current;
  }

  async #open(text: string): Promise<ClaimedSession> {
    const session = new ClaimedSession(this.#tokenManager(), text);
    await session.auth.state.start();
    const { error } = session.auth.state.standing;
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
    const { token, error } = auth.state.standing;
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

/** Whether the Auth.js token is to be issued again so that its life slides: after a tenth of it. */
function isOld(token: { iat?: unknown; exp?: unknown }): boolean {
  const { iat, exp } = token;
  if (typeof iat !== 'number' || typeof exp !== 'number') return true;
  return Date.now() / 1000 - iat > (exp - iat) / 10;
}
