/** What one request knows of its session: opened, renewed, and written back for as long as that is possible. */
import { waitUntil } from '#wasm';
import type { RequestPort } from './auth.ts';
import type { BearerSource } from './bearer.ts';
import type { SetCookie } from './cookies.ts';
import type { Demand, Input, Outcome, SessionView } from './core.ts';
import { readResponse } from './driver.ts';
import { AuthError, authError, isAuthError } from './errors.ts';
import type { OpenedSession } from './opened-session.ts';
import { mayFailWith200 } from './provider-paths.ts';
import { RequestCookies } from './request-cookies.ts';
import { nobodyRenews } from './stores/adopting.ts';
import type { TokenManager } from './token-manager.ts';
import type { ErrorInfo } from './events.ts';
import type { How, Json, Session } from './types.ts';
import type { Fetch } from './web.ts';

/** For how long a failed renewal is not tried again by the same request, unless the provider said so. */
const ERROR_STANDS_MS = 1_000;

/** The same at most: the longest cool-down (`LONGEST_PAUSE` of `src/flight/renewal/provider.rs`). */
const ERROR_STANDS_AT_MOST_MS = 300_000;

/** Tokens that are good for this long are good for a request that need not renew them. */
const LEFT_ALONE_MS = 5_000;

/** Of one request. */
export class RequestState implements BearerSource {
  readonly manager: TokenManager;
  readonly cookies: RequestCookies;
  readonly #port: RequestPort;
  #view: SessionView | null = null;
  #session: Session | null = null;
  #how: How | null = null;
  #error: ErrorInfo | null = null;
  /** Until when `#error` is the answer: what asks again at once must neither wait again nor lose the cause. */
  #errorStandsUntil = 0;
  /** Counts logins and logouts: a renewal that began before one says nothing of what came after. */
  #epoch = 0;
  /** Of the relay: the token with which the page is ahead of ours. */
  #pageToken: string | null = null;

  constructor(manager: TokenManager, port: RequestPort) {
    this.manager = manager;
    this.cookies = new RequestCookies(port, manager.cookie);
    this.#port = port;
  }

  /**
   * Opens the request's session and renews it if it is due. A fresh one is not awaited. Never throws:
   * what went wrong is thrown where a token is needed.
   */
  start(): Promise<void> | undefined {
    try {
      const opened = this.manager.open(this.cookies.header);
      const { relay } = this.manager;
      if (typeof opened === 'string') {
        if (relay) this.#write(relay.removeExpired(this.cookies.header));
        return undefined;
      }
      const fresh = opened.state === 'fresh';
      this.#show(fresh ? opened : { ...opened, accessToken: null }, fresh ? (this.cookies.earlier ?? 'fresh') : null);
      if (fresh && !relay) return undefined;
      this.#pageToken = relay?.ahead(this.cookies.header, opened.accessToken) ?? null;
      const left = (opened.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
      const leaveAlone = this.#port.renews === 'expired' && opened.state === 'due' && left > LEFT_ALONE_MS;
      return this.#settle(demandOf(opened), leaveAlone).catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Renews if it is due, and beyond what the page has renewed on its own. */
  async #settle(demand: Demand | null, leaveAlone: boolean): Promise<void> {
    if (demand) await this.#renew(demand, leaveAlone);
    if (!this.#view || this.#token === null) return;
    if (this.#pageToken === null) return this.#write([]);
    await this.#renew({ tokens: 'newerThan', used: this.#view.generation });
  }

  #fail(error: unknown): void {
    this.#error = isAuthError(error) ? error : authError('ERR_INTERNAL', 'the session was not read', { cause: error });
  }

  get session(): Session | null {
    return this.#session;
  }

  get how(): How | null {
    return this.#how;
  }

  /** Why the last renewal brought nothing. */
  get error(): ErrorInfo | null {
    return this.#error;
  }

  /** The token if it works now, and else what went wrong. Asks nobody. */
  get standing(): { readonly token: string | null; readonly error: ErrorInfo | null } {
    const token = this.#usable() ? this.#token : null;
    return { token, error: token === null ? this.#error : null };
  }

  get #token(): string | null {
    return this.#view?.accessToken ?? null;
  }

  #usable(): boolean {
    const expiresAt = this.#view?.expiresAt ?? Number.POSITIVE_INFINITY;
    return this.#token !== null && expiresAt > Date.now();
  }

  /** See `Auth.getAccessToken`. */
  async getAccessToken(options: { refresh?: boolean } = {}): Promise<string> {
    const view = this.#view;
    if (!view) return this.tokenOrThrow();
    if (options.refresh) await this.#renewForced(view);
    else if (!this.#usable() && Date.now() >= this.#errorStandsUntil) await this.#renew({ tokens: 'usable' });
    return this.tokenOrThrow();
  }

  /** Where that fails, the request goes on with the token that it had. */
  async #renewForced(view: SessionView): Promise<void> {
    const how = this.#how;
    await this.#renew({ tokens: 'newerThan', used: view.generation });
    const [error, left] = [this.#error, this.#view];
    if (!error || left?.id !== view.id || left.generation !== view.generation) return;
    this.#show({ ...left, accessToken: view.accessToken }, how);
    if (!this.#usable()) return this.#show(left, null);
    this.#note(null);
    throw new AuthError(error);
  }

  async rejected(response: Response, url: string): Promise<boolean> {
    const { status } = response;
    if (status !== 401 && (status !== 200 || !mayFailWith200(this.manager.provider, url))) return false;
    const answer = readResponse(response, await response.clone().text());
    return this.manager.rejectsAccessToken(answer, response.headers.get('www-authenticate'));
  }

  async replacement(): Promise<string | null> {
    const used = this.#view;
    if (!used) return null;
    await this.#renew({ tokens: 'refusedByProvider', used: used.generation });
    // A login in between is another user's: what was asked as the one must not be asked as the other.
    return this.#view?.id !== used.id || this.#view.generation === used.generation ? null : this.#token;
  }

  async #renew(demand: Demand, leaveAlone = false): Promise<void> {
    const adoptOnly = leaveAlone || this.#port.renews === 'never';
    await this.run({ kind: 'renew', cookies: this.cookies.header, demand }, adoptOnly);
  }

  /** Does what the input asks for, and takes over what came of it. `adoptOnly`: nothing is renewed. */
  async run(input: Input, adoptOnly = false): Promise<Outcome> {
    const { relay } = this.manager;
    // What the page brought may be alive for a while although this request has renewed it.
    const brought = input.kind === 'logout' ? relay?.presented(this.cookies.brought) : this.#pageToken;
    const through = relay && brought ? (fetch: Fetch) => relay.sending(fetch, brought) : undefined;
    const epoch = this.#epoch;
    const before = this.#view?.data;
    const { outcome, finished } = this.manager.run(input, { adoptOnly, through });
    this.#keepAlive(finished);
    const settled = await outcome;
    if (settled.kind === 'failed') return settled;
    if (input.kind !== 'renew') this.#epoch += 1;
    else if (this.#epoch !== epoch) return settled;
    const data = this.#view?.data;
    this.#note(settled.kind === 'unavailable' ? reasonOf(settled.error, adoptOnly) : null);
    if (settled.kind === 'signedOut') this.#show(null, null);
    else this.#show(settled.session, settled.kind === 'signedIn' ? settled.how : null);
    this.#pageToken = this.#stillAhead();
    this.#write(settled.cookies);
    // The flight began with the data from before an `update`.
    if (input.kind === 'renew' && this.#view && data && data !== before) this.#replaceData(this.#view, data);
    return settled;
  }

  /** A platform that refuses, or a call from outside of any request, must not undo what has begun. */
  #keepAlive(finished: Promise<unknown>): void {
    try {
      (this.#port.waitUntil ?? waitUntil)?.(finished);
    } catch {
      // Here it goes on all the same; where nothing outlives the response, the record heals the next request.
    }
  }

  /** The page's token, unless what we have now has come after it. */
  #stillAhead(): string | null {
    const isNewest = this.#how === 'refreshed' || this.#how === 'loggedIn';
    if (isNewest || this.#token === null) return null;
    return this.manager.relay?.ahead(this.cookies.header, this.#token) ?? null;
  }

  #note(error: ErrorInfo | null): void {
    this.#error = error;
    const pauseMs = Math.min(error?.retryAfterMs ?? ERROR_STANDS_MS, ERROR_STANDS_AT_MOST_MS);
    this.#errorStandsUntil = error ? Date.now() + pauseMs : 0;
  }

  #show(view: SessionView | null, how: How | null): void {
    this.#view = view;
    this.#how = how;
    this.#session = view && {
      id: view.id,
      expiresAt: view.expiresAt,
      generation: view.generation,
      data: view.data === null ? null : (JSON.parse(view.data) as Json),
    };
  }

  /** Replaces the session's `data`. */
  update(data: Json): Session {
    const view = this.#view;
    if (!view) throw signedOut();
    const text = JSON.stringify(data) as string | undefined;
    if (text === undefined) throw authError('ERR_API_MISUSE', 'data must be something that JSON can say');
    this.#replaceData(view, text);
    if (!this.cookies.lost) return this.sessionOrThrow();
    this.#show(view, this.#how);
    throw headersSent();
  }

  #replaceData(view: SessionView, data: string): void {
    this.#write(this.manager.update(this.cookies.header, data));
    this.#show({ ...view, data }, this.#how);
  }

  #write(own: readonly SetCookie[]): void {
    const cookies = [...own, ...this.#relayed(own.length > 0)];
    if (cookies.length === 0) return;
    if (!this.cookies.set(cookies)) this.handoffFailed();
  }

  /** The provider's own cookie, where it has to follow: never over one with which the page is ahead. */
  #relayed(changed: boolean): SetCookie[] {
    const { relay } = this.manager;
    if (!relay || this.#pageToken !== null) return [];
    if (this.#token !== null) return relay.follow(this.cookies.header, this.#token);
    return changed && !this.#view ? relay.remove(this.cookies.header) : [];
  }

  /** Tells that the session's cookie does not reach the browser. The record heals the next request. */
  handoffFailed(): void {
    if (!this.#view) return;
    const { id, generation } = this.#view;
    this.manager.emit({ type: 'handoffPending', sessionId: id, generation });
  }

  /**
   * Sets cookies that are not the session's.
   *
   * @throws AuthError `ERR_HEADERS_SENT`.
   */
  setCookies(cookies: readonly SetCookie[]): void {
    if (cookies.length > 0 && !this.cookies.set(cookies)) throw headersSent();
  }

  /** @throws AuthError `ERR_HEADERS_SENT`. */
  mustWrite(): void {
    if (!this.cookies.open) throw headersSent();
  }

  tokenOrThrow(): string {
    if (this.#error) throw new AuthError(this.#error);
    if (!this.#token) throw signedOut();
    return this.#token;
  }

  sessionOrThrow(): Session {
    if (!this.#session) throw signedOut();
    return this.#session;
  }
}

/** What the tokens of a session are asked for; `null`: nothing. */
function demandOf({ state, generation }: OpenedSession): Demand | null {
  if (state === 'fresh') return null;
  return state === 'replayed' ? { tokens: 'newerThan', used: generation } : { tokens: 'usable' };
}

function signedOut(): AuthError {
  return authError('ERR_SIGNED_OUT', 'nobody is signed in');
}

/** It is too late for a cookie. */
export function headersSent(): AuthError {
  return authError('ERR_HEADERS_SENT', 'the response can no longer carry a cookie');
}

function reasonOf(error: ErrorInfo, adoptOnly: boolean): ErrorInfo {
  if (!adoptOnly || !nobodyRenews(error)) return error;
  return authError('ERR_HEADERS_SENT', 'the token has expired, and a new one could not be kept: no cookie can be written here');
}
