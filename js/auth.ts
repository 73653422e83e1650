/** `locals.auth`: the object of one request, the same in every framework. */
import { sendWithBearer } from './bearer.ts';
import { within } from './bounded-wait.ts';
import type { SetCookie } from './cookies.ts';
import type { Input } from './core.ts';
import { credentialTexts } from './credentials.ts';
import { AuthError, authError } from './errors.ts';
import { refusalIn } from './landing.ts';
import { ownPath } from './own-path.ts';
import { takesBearer } from './provider-paths.ts';
import { RequestState, headersSent } from './request-state.ts';
import type { LogoutOptions, SignInFlow, SignInOptions } from './sign-in.ts';
import { stopWithRedirect, stopWithStatus } from './stop.ts';
import type { TokenManager } from './token-manager.ts';
import type { Auth, Credentials, How, Json, Login, Session, TokenResponse } from './types.ts';
import type { Fetch, WebRequest } from './web.ts';

/** Sets cookies on a response for as long as that is possible. */
export interface CookieWriter {
  /** Whether the response can still carry a cookie. */
  readonly open: boolean;
  /** Sets them. `false`: it is too late, or this context cannot. */
  set(cookies: readonly SetCookie[]): boolean;
}

/** What an adapter knows of one request. */
export interface RequestPort {
  /** The `Cookie` header; empty when there is none. */
  readonly cookies: string;
  /** The response's cookies. */
  readonly writer: CookieWriter;
  /** The framework's own `fetch`, for calls with a bearer. Default: the runtime's. */
  readonly fetch?: Fetch | undefined;
  /** The framework's own way to end the request with a redirect (303). Default: throws a {@link Stop}. */
  readonly redirect?: ((to: string) => never) | undefined;
  /** The same with a status. */
  readonly fail?: ((status: 401 | 503, message: string) => never) | undefined;
  /** The request is a build's, which has no visitor and perhaps no secret: options are not checked. Default `false`. */
  readonly isBuild?: boolean | undefined;
  /** Keeps the platform alive until something is done. Default: what the runtime itself has for that. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /**
   * Which tokens this request renews; it adopts what others have renewed in any case. `expired`: a token
   * that works for another five seconds is left alone. `never`: for where no cookie can be written and only the memory of
   * this process would know the new tokens. Default `due`.
   */
  readonly renews?: 'due' | 'expired' | 'never' | undefined;
}

/** What an application sees of one request's session. */
export class RequestAuth implements Auth {
  readonly #state: RequestState;
  readonly #port: RequestPort;

  /** @internal */
  constructor(manager: TokenManager, port: RequestPort) {
    this.#state = new RequestState(manager, port);
    this.#port = port;
  }

  /**
   * Not a property of its own: what prints or serialises this object must not find the provider's settings.
   *
   * @internal
   */
  get state(): RequestState {
    return this.#state;
  }

  get providerUrl(): string {
    return this.#state.manager.providerUrl;
  }

  get session(): Session | null {
    return this.#state.session;
  }

  get how(): How | null {
    return this.#state.how;
  }

  /**
   * For adapters: the response cannot carry the cookies that it was given.
   *
   * @internal
   */
  handoffFailed(): void {
    this.#state.handoffFailed();
  }

  require(options: { redirectTo?: string } = {}): Session {
    const { error, session } = this.#state;
    const signInNeeded = error?.code === 'ERR_INTERACTION_REQUIRED';
    const notRenewedHere = error?.code === 'ERR_HEADERS_SENT';
    const { redirect = stopWithRedirect, fail = stopWithStatus } = this.#port;
    if (error && !signInNeeded && !notRenewedHere) {
      return fail(503, 'the sign-in service is not available at the moment');
    }
    if (session && !signInNeeded) return session;
    return options.redirectTo === undefined ? fail(401, 'nobody is signed in') : redirect(options.redirectTo);
  }

  getAccessToken(options: { refresh?: boolean } = {}): Promise<string> {
    return this.#state.getAccessToken(options);
  }

  readonly fetch = (async (input: RequestInfo | URL, init?: RequestInit) =>
    this.send(new Request(input, init), this.#port.fetch ?? globalThis.fetch)) as Fetch;

  /** @internal */
  isOf(manager: TokenManager): boolean {
    return this.#state.manager === manager;
  }

  /**
   * Sends the request through `fetch` with the bearer, unless it has one of its own or may have none. `fetch` is called as
   * a plain function: workerd's own refuses any other `this`.
   *
   * @internal
   */
  async send(request: Request, fetch: (request: Request) => Promise<Response>): Promise<Response> {
    const { manager, session } = this.#state;
    const bearer = !request.headers.has('authorization') && takesBearer(manager.provider, request.url);
    if (session && bearer) return sendWithBearer(this.#state, request, fetch);
    const response = await fetch(request);
    manager.advise(request.url, response.status);
    return response;
  }

  async login(credentials: Credentials, options: { remember?: boolean } = {}): Promise<Session> {
    this.#state.mustWrite();
    return this.#begin({
      kind: 'login',
      cookies: this.#state.cookies.header,
      credentials: credentialTexts(credentials),
      remember: options.remember ?? true,
    });
  }

  async adopt(from: TokenResponse | WebRequest, options: { remember?: boolean } = {}): Promise<Session> {
    this.#state.mustWrite();
    const url = 'url' in from && 'headers' in from ? from.url : null;
    const refusal = url === null ? null : refusalIn(url);
    if (refusal) throw refusal;
    const answer = url === null ? from : null;
    const remember = options.remember ?? true;
    return this.#begin({ kind: 'adopt', cookies: this.#state.cookies.header, answer, remember });
  }

  async signIn(options: SignInOptions = {}): Promise<string> {
    const flow = this.#flow();
    this.#state.mustWrite();
    return flow.begin(this.#state, options);
  }

  async callback(url: string): Promise<string> {
    const flow = this.#flow();
    this.#state.mustWrite();
    const { tokens, remember, claims, cookies, returnTo } = await flow.finish(this.#state, url);
    await this.#begin({ kind: 'adopt', cookies: this.#state.cookies.header, answer: tokens, remember }, claims);
    this.#state.setCookies(cookies);
    return returnTo;
  }

  #flow(): SignInFlow {
    const { signIn } = this.#state.manager;
    if (signIn) return signIn;
    throw authError('ERR_API_MISUSE', 'this provider has no sign-in by redirect: use `oidc` of tokenkeep/oidc');
  }

  /** A new session, with the application's data in it. */
  async #begin(input: Extract<Input, { kind: 'login' | 'adopt' }>, claims?: Login['claims']): Promise<Session> {
    const outcome = await this.#state.run(input);
    if (outcome.kind === 'failed') throw new AuthError(outcome.error);
    if (this.#state.cookies.lost) await this.#tooLate();
    const accessToken = this.#state.tokenOrThrow();
    try {
      const { onLogin } = this.#state.manager;
      const data = await onLogin?.({ accessToken, fetch: this.fetch, ...(claims && { claims }) });
      return data === undefined ? this.#state.sessionOrThrow() : await this.update(data);
    } catch (error) {
      // Who is told that the login failed must not be signed in with the next request.
      await this.#end();
      throw error;
    }
  }

  /** It looked as if a cookie could be written, and then it could not: nobody may have the new session. */
  async #tooLate(): Promise<never> {
    await this.#end();
    throw headersSent();
  }

  async logout(options: LogoutOptions = {}): Promise<string> {
    this.#state.mustWrite();
    const { maxWait, signIn } = this.#state.manager;
    const returnTo = ownPath(options.returnTo);
    const until = Date.now() + maxWait * 1000;
    await this.#end();
    if (!signIn) return returnTo;
    // Ours has ended by now; the provider is waited for as long as `maxWait` goes.
    const elsewhere = signIn.leave(this.#state, returnTo);
    return (await within(elsewhere, until - Date.now(), () => null)) ?? returnTo;
  }

  async #end(): Promise<void> {
    await this.#state.run({ kind: 'logout', cookies: this.#state.cookies.header });
  }

  async update(data: Json): Promise<Session> {
    this.#state.mustWrite();
    return this.#state.update(data);
  }
}
