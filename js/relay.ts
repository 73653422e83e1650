/**
 * The cookie relay: Directus' own session cookie in the browser, beside our sealed one, so that a page may
 * call Directus too. `docs/directus.md` says who may do what with it.
 */
import { type SetCookie, readCookies } from './cookies.ts';
import { authError } from './errors.ts';
import type { ProviderConfig, RelayOptions } from './types.ts';
import type { Fetch } from './web.ts';

/** What it reads of a session token. Nothing is believed: Directus judges the token before it is used. */
interface Claims {
  readonly id?: unknown;
  readonly share?: unknown;
  /** Seconds since the epoch. */
  readonly iat?: number;
  readonly exp?: number;
}

/** Keeps one cookie of the provider in step with our session, in both directions. */
export class CookieRelay {
  readonly #name: string;
  readonly #mode: string | undefined;
  readonly #attributes: Omit<SetCookie['attributes'], 'maxAge'>;

  /** `secure` where the options do not say. */
  constructor({ domain, path, sameSite, secure: own }: RelayOptions, provider: ProviderConfig, secure: boolean) {
    const { mode, sessionCookieName } = provider as { mode?: string; sessionCookieName?: string };
    this.#name = sessionCookieName ?? 'directus_session_token';
    this.#mode = mode;
    this.#attributes = {
      httpOnly: true,
      sameSite: sameSite ?? 'lax',
      path: path ?? '/',
      secure: own ?? secure,
      ...(domain !== undefined && { domain }),
    };
  }

  /** @throws AuthError `ERR_CONFIG` */
  validate(): void {
    if (this.#mode === 'session') return;
    throw authError(
      'ERR_CONFIG',
      "relay needs mode 'session': in the other modes a refresh token is good for one use, so page and " +
        'server would end the session for each other',
    );
  }

  /** The token in the cookie that the browser has brought. */
  presented(cookies: string): string | null {
    return readCookies(cookies).get(this.#name) || null;
  }

  /** The token that the page has brought, if it is of the same user and not older than ours. */
  ahead(cookies: string, token: string): string | null {
    const presented = this.presented(cookies);
    if (presented === null || presented === token) return null;
    const [theirs, ours] = [claimsOf(presented), claimsOf(token)];
    const isSameUser = theirs?.id === ours?.id && theirs?.share === ours?.share;
    return theirs && ours && isSameUser && (theirs.iat ?? 0) >= (ours.iat ?? 0) ? presented : null;
  }

  /** What makes the browser hold `token` until it is closed: a session that is remembered brings it back. */
  follow(cookies: string, token: string): SetCookie[] {
    if (this.presented(cookies) === token) return [];
    return [{ name: this.#name, value: token, attributes: { ...this.#attributes, maxAge: null } }];
  }

  /** What takes the cookie away, if the browser has it. */
  remove(cookies: string): SetCookie[] {
    if (this.presented(cookies) === null) return [];
    return [{ name: this.#name, value: '', attributes: { ...this.#attributes, maxAge: 0 } }];
  }

  /** The same for an expired one, with which Directus refuses everything and which it does not delete. */
  removeExpired(cookies: string): SetCookie[] {
    const expiry = claimsOf(this.presented(cookies) ?? '')?.exp ?? Number.POSITIVE_INFINITY;
    return expiry * 1000 <= Date.now() ? this.remove(cookies) : [];
  }

  /**
   * Renews with the page's token: ours may have been dead since the page renewed, and theirs is not. Ours is
   * next where theirs is refused. A logout ends both.
   */
  sending(fetch: Fetch, pageToken: string): Fetch {
    return (async (url: string, init: RequestInit & { headers: Record<string, string> }) => {
      const theirs = { ...init, headers: { ...init.headers, cookie: `${this.#name}=${pageToken}` } };
      if (theirs.headers.cookie === init.headers['cookie']) return fetch(url, init);
      // Whatever becomes of theirs, ours is logged out too.
      if (url.endsWith('/auth/logout')) await fetch(url, theirs).then(discard, () => {});
      if (!url.endsWith('/auth/refresh')) return fetch(url, init);
      const response = await fetch(url, theirs);
      if (response.status !== 401 && response.status !== 403) return response;
      await discard(response);
      return fetch(url, init);
    }) as Fetch;
  }
}

/** A body that nobody reads would hold its connection. */
async function discard(response: { body?: { cancel(): Promise<void> } | null }): Promise<void> {
  await response.body?.cancel();
}

function claimsOf(token: string): Claims | null {
  const payload = token.split('.')[1] ?? '';
  try {
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Claims;
  } catch {
    return null;
  }
}
