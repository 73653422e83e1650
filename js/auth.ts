/** `locals.auth`: the object of one request, the same in every framework. */
import { sendWithBearer } from './bearer.ts';
import { type SetCookie, applyCookies } from './cookies.ts';
import type { Demand, Input, Outcome, SessionView } from './core.ts';
import { credentialTexts } from './credentials.ts';
import { readResponse } from './driver.ts';
import type { TokenManager } from './token-manager.ts';
import { AuthError, authError, isAuthError } from './errors.ts';
import { refusalIn } from './landing.ts';
import { mayFailWith200, takesBearer } from './provider-paths.ts';
import { nobodyRenews } from './stores/adopting.ts';
import type {
  Auth,
  Credentials,
  ErrorInfo,
  Fetch,
  How,
  Json,
  Login,
  Session,
  TokenResponse,
  WebRequest,
} from './types.ts';

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
  /** The framework's own `fetch`, for calls with a bearer. */
  readonly fetch: Fetch;
  /** Ends the request with a redirect (303). */
  readonly redirect: (to: string) => never;
  /** Ends the request with a status. */
  readonly fail: (status: 401 | 503, message: string) => never;
  /** Keeps the platform alive until something is done. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /**
   * Which tokens this request renews; it adopts what others have renewed in any case. `expired`: a token
   * that works for another five seconds is left alone. `never`: for where no cookie can be written and only the memory of
   * this process would know the new tokens. Default `due`.
   */
  readonly renews?: 'due' | 'expired' | 'never' | undefined;
  /** How an earlier stage of the same request came by the tokens in its cookies. */
  readonly how?: How | null | undefined;
}

/** For how long a failed renewal is not tried again by the same request, unless the provider said so. */
const ERROR_STANDS_MS = 1_000;

/** Tokens that are good for this long are good for a request that need not renew them. */
const LEFT_ALONE_MS = 5_000;

/** One request's session. */
export class RequestAuth implements Auth {
  readonly #manager: TokenManager;
  readonly #port: RequestPort;
  /** The request's cookies as they stand: what was set during the request is in it. */
  #cookies: string;
  #view: SessionView | null = null;
  #token: string | null = null;
  #session: Session | null = null;
  #how: How | null = null;
  #error: ErrorInfo | null = null;
  /** Until when `#error` is the answer: what asks again at once must neither wait again nor lose the cause. */
  #errorStandsUntil = 0;
  /** Of the relay: the token with which the page is ahead of ours. */
  #pageToken: string | null = null;

  /** @internal */
  constructor(manager: TokenManager, port: RequestPort) {
    this.#manager = manager;
    this.#port = port;
    this.#cookies = port.cookies;
  }

  /**
   * Opens the request's session and renews it if it is due. A fresh one is not awaited. Never throws:
   * what went wrong is thrown where a token is needed.
   *
   * @internal
   */
  start(): Promise<void> | undefined {
    try {
      const opened = this.#manager.open(this.#cookies);
      const { relay } = this.#manager;
      if (typeof opened === 'string') {
        if (relay) this.#write(relay.removeExpired(this.#cookies));
        return undefined;
      }
      const fresh = opened.state === 'fresh';
      this.#show(fresh ? opened : { ...opened, accessToken: null }, fresh ? (this.#port.how ?? 'fresh') : null);
      if (fresh && !relay) return undefined;
      this.#pageToken = relay?.ahead(this.#cookies, opened.accessToken) ?? null;
      const left = (opened.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
      const leaveAlone = this.#port.renews === 'expired' && left > LEFT_ALONE_MS;
      return this.#settle(fresh, leaveAlone).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Renews if it is due, and beyond what the page has renewed on its own. */
  async #settle(fresh: boolean, leaveAlone: boolean): Promise<void> {
    if (!fresh) await this.#renew({ tokens: 'usable' }, leaveAlone);
    if (!this.#view || this.#token === null) return;
    if (this.#pageToken === null) return this.#write([]);
    await this.#renew({ tokens: 'newerThan', used: this.#view.generation });
  }

  #fail(error: unknown): void {
    this.#error = isAuthError(error) ? error : authError('ERR_INTERNAL', 'the session was not read');
  }

  /** @internal */
  get manager(): TokenManager {
    return this.#manager;
  }

  /** @internal */
  get cookies(): string {
    return this.#cookies;
  }

  /**
   * Sets cookies that are not the session's.
   *
   * @internal
   */
  setCookies(cookies: readonly SetCookie[]): void {
    this.mustWrite();
    this.#cookies = applyCookies(this.#cookies, cookies);
    if (cookies.length > 0 && !this.#port.writer.set(cookies)) throw headersSent();
  }

  get providerUrl(): string {
    return this.#manager.providerUrl;
  }

  get session(): Session | null {
    return this.#session;
  }

  get how(): How | null {
    return this.#how;
  }

  /**
   * The token if it works now, and else what went wrong. Asks nobody.
   *
   * @internal
   */
  get standing(): { readonly token: string | null; readonly error: ErrorInfo | null } {
    const token = this.#usable() ? this.#token : null;
    return { token, error: token === null ? this.#error : null };
  }

  require(options: { redirectTo?: string } = {}): Session {
    const signInNeeded = this.#error?.code === 'ERR_INTERACTION_REQUIRED';
    const notRenewedHere = this.#error?.code === 'ERR_HEADERS_SENT';
    if (this.#error && !signInNeeded && !notRenewedHere) {
      this.#port.fail(503, 'the sign-in service is not available at the moment');
    }
    if (this.#session && !signInNeeded) return this.#session;
    if (options.redirectTo !== undefined) this.#port.redirect(options.redirectTo);
    return this.#port.fail(401, 'nobody is signed in');
  }

  async getAccessToken(options: { refresh?: boolean } = {}): Promise<string> {
    const view = this.#view;
    if (!view) return this.#tokenOrThrow();
    if (options.refresh) await this.#renew({ tokens: 'newerThan', used: view.generation });
    else if (!this.#usable() && Date.now() >= this.#errorStandsUntil) await this.#renew({ tokens: 'usable' });
    return this.#tokenOrThrow();
  }

  readonly fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const bearer = !request.headers.has('authorization') && takesBearer(this.#manager.provider, request.url);
    if (!this.#view || !bearer) {
      const response = await this.#send(request);
      this.advise(request.url, response.status);
      return response;
    }
    return sendWithBearer(this, request, (ready) => this.#send(ready));
  }) as Fetch;

  /** Called as a plain function: workerd's own refuses any other `this`. */
  #send(request: Request): Promise<Response> {
    const { fetch } = this.#port;
    return fetch(request);
  }

  async login(credentials: Credentials, options: { remember?: boolean } = {}): Promise<Session> {
    this.mustWrite();
    return this.#begin({
      kind: 'login',
      cookies: this.#cookies,
      credentials: credentialTexts(credentials),
      remember: options.remember ?? true,
    });
  }

  async adopt(
    from: TokenResponse | WebRequest,
    options: { remember?: boolean } = {},
    claims?: Login['claims'],
  ): Promise<Session> {
    this.mustWrite();
    const url = 'url' in from && 'headers' in from ? from.url : null;
    const refusal = url === null ? null : refusalIn(url);
    if (refusal) throw refusal;
    const answer = url === null ? from : null;
    const remember = options.remember ?? true;
    return this.#begin({ kind: 'adopt', cookies: this.#cookies, answer, remember }, claims);
  }

  /** A new session, with the application's data in it. */
  async #begin(input: Extract<Input, { kind: 'login' | 'adopt' }>, claims?: Login['claims']): Promise<Session> {
    const outcome = await this.#run(input);
    if (outcome.kind === 'failed') throw new AuthError(outcome.error);
    const accessToken = this.#tokenOrThrow();
    try {
      const data = await this.#manager.onLogin?.({ accessToken, fetch: this.fetch, ...(claims && { claims }) });
      return data === undefined ? this.#sessionOrThrow() : await this.update(data);
    } catch (error) {
      // Who is told that the login failed must not be signed in with the next request.
      await this.#run({ kind: 'logout', cookies: this.#cookies });
      throw error;
    }
  }

  async logout(): Promise<void> {
    this.mustWrite();
    await this.#run({ kind: 'logout', cookies: this.#cookies });
  }

  async update(data: Json): Promise<Session> {
    this.mustWrite();
    const view = this.#view;
    if (!view) throw authError('ERR_SIGNED_OUT', 'nobody is signed in');
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined) throw authError('ERR_API_MISUSE', 'data must be something that JSON can say');
    this.#write(this.#manager.update(this.#cookies, text));
    this.#show({ ...view, data: text }, this.#how);
    return this.#sessionOrThrow();
  }

  /**
   * Whether a data call's answer says that the bearer is no longer accepted. Leaves it readable.
   *
   * @internal
   */
  async rejected(response: Response, url: string): Promise<boolean> {
    const { status } = response;
    const mayBe = status === 401 || (status === 200 && mayFailWith200(this.#manager.provider, url));
    if (!mayBe) return false;
    const text = await response.clone().text();
    const wwwAuthenticate = response.headers.get('www-authenticate');
    return this.#manager.rejectsAccessToken(readResponse(response, text), wwwAuthenticate);
  }

  /**
   * Says what to do in place of a call that the application has made itself, and that was refused.
   *
   * @internal
   */
  advise(url: string, status: number): void {
    this.#manager.advise(url, status);
  }

  /**
   * A token that works, newer than the one that was refused; `null` when there is none.
   *
   * @internal
   */
  async replacement(): Promise<string | null> {
    const used = this.#view?.generation;
    if (used === undefined) return null;
    await this.#renew({ tokens: 'refusedByProvider', used });
    return this.#view?.generation === used ? null : this.#token;
  }

  async #renew(demand: Demand, leaveAlone = false): Promise<void> {
    const adoptOnly = leaveAlone || this.#port.renews === 'never';
    await this.#run({ kind: 'renew', cookies: this.#cookies, demand }, adoptOnly);
  }

  async #run(input: Input, adoptOnly = false): Promise<Outcome> {
    const { relay } = this.#manager;
    // What the page brought may be alive for a while although this request has renewed it.
    const brought = input.kind === 'logout' ? relay?.presented(this.#port.cookies) : this.#pageToken;
    const through = relay && brought ? (fetch: Fetch) => relay.sending(fetch, brought) : undefined;
    const { outcome, finished } = this.#manager.run(input, { adoptOnly, through });
    this.#port.waitUntil?.(finished);
    const settled = await outcome;
    if (settled.kind === 'failed') return settled;
    this.#note(settled.kind === 'unavailable' ? reasonOf(settled.error, adoptOnly) : null);
    if (settled.kind === 'signedOut') this.#show(null, null);
    else this.#show(settled.session, settled.kind === 'signedIn' ? settled.how : null);
    this.#pageToken = this.#stillAhead();
    this.#write(settled.cookies);
    return settled;
  }

  /** The page's token, unless what we have now has come after it. */
  #stillAhead(): string | null {
    const isNewest = this.#how === 'refreshed' || this.#how === 'loggedIn';
    if (isNewest || this.#token === null) return null;
    return this.#manager.relay?.ahead(this.#cookies, this.#token) ?? null;
  }

  #note(error: ErrorInfo | null): void {
    this.#error = error;
    this.#errorStandsUntil = error ? Date.now() + (error.retryAfterMs ?? ERROR_STANDS_MS) : 0;
  }

  #write(own: readonly SetCookie[]): void {
    const cookies = [...own, ...this.#relayed(own.length > 0)];
    if (cookies.length === 0) return;
    this.#cookies = applyCookies(this.#cookies, cookies);
    if (!this.#port.writer.open || !this.#port.writer.set(cookies)) this.handoffFailed();
  }

  /**
   * Tells that the session's cookie does not reach the browser. The record heals the next request.
   *
   * @internal
   */
  handoffFailed(): void {
    if (!this.#view) return;
    const { id, generation } = this.#view;
    this.#manager.emit({ type: 'handoffPending', sessionId: id, generation });
  }

  /** The provider's own cookie, where it has to follow: never over one with which the page is ahead. */
  #relayed(changed: boolean): SetCookie[] {
    const { relay } = this.#manager;
    if (!relay || this.#pageToken !== null) return [];
    if (this.#token !== null) return relay.follow(this.#cookies, this.#token);
    return changed && !this.#view ? relay.remove(this.#cookies) : [];
  }

  #show(view: SessionView | null, how: How | null): void {
    this.#view = view;
    this.#token = view?.accessToken ?? null;
    this.#how = how;
    this.#session = view && {
      id: view.id,
      expiresAt: view.expiresAt,
      generation: view.generation,
      data: view.data === null ? null : (JSON.parse(view.data) as Json),
    };
  }

  #usable(): boolean {
    const expiresAt = this.#view?.expiresAt ?? Number.POSITIVE_INFINITY;
    return this.#token !== null && expiresAt > Date.now();
  }

  #tokenOrThrow(): string {
    if (this.#error) throw new AuthError(this.#error);
    if (!this.#token) throw authError('ERR_SIGNED_OUT', 'nobody is signed in');
    return this.#token;
  }

  #sessionOrThrow(): Session {
    if (!this.#session) throw authError('ERR_SIGNED_OUT', 'nobody is signed in');
    return this.#session;
  }

  /**
   * @throws AuthError `ERR_HEADERS_SENT`.
   * @internal
   */
  mustWrite(): void {
    if (!this.#port.writer.open) throw headersSent();
  }
}

function headersSent(): AuthError {
  return authError('ERR_HEADERS_SENT', 'the response can no longer carry a cookie');
}

function reasonOf(error: ErrorInfo, adoptOnly: boolean): ErrorInfo {
  if (!adoptOnly || !nobodyRenews(error)) return error;
  return authError('ERR_HEADERS_SENT', 'the token has expired, and a new one could not be kept: no cookie can be written here');
}
