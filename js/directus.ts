/** Directus: the provider, and the SDK's client for one request. Needs `@directus/sdk`. */
import { createDirectus, type DirectusClient, type RestClient, rest } from '@directus/sdk';
import type { Auth, ProviderConfig, RelayOptions } from './types.ts';

export type { RelayOptions } from './types.ts';

export { authentication } from './directus/authentication.ts';

/** A Directus project. */
export interface DirectusOptions {
  /** Its `PUBLIC_URL`: absolute, with the base path if it has one. */
  url: string | undefined;
  /**
   * Where Directus puts the tokens; `docs/directus.md` says when which is right. `json`: access token and
   * refresh token in the answer, renewable for `REFRESH_TOKEN_TTL`. `cookie`: the same with the refresh
   * token in a cookie. `session`: Directus session mode, one token that can be renewed only while it is
   * valid. Default: `session` with `relay`, and in isolates (Cloudflare Workers, edge functions) without a
   * `store`; otherwise `json`. Except with `tokenkeep/next`, whose edge and Node parts share a session:
   * there it is `json` unless `relay` is on, and on the edge `session` or a `store` has to be set.
   */
  mode?: 'json' | 'cookie' | 'session';
  /** Directus' `SESSION_COOKIE_NAME`. Default `directus_session_token`. */
  sessionCookieName?: string;
  /** Directus' `REFRESH_TOKEN_COOKIE_NAME`. Default `directus_refresh_token`. */
  refreshTokenCookieName?: string;
  /**
   * Keeps Directus' session cookie in the browser, so that a page may call Directus itself. Only in Directus
   * session mode, and where application and Directus share a site. Default `false`.
   */
  relay?: boolean | RelayOptions;
  /**
   * Seconds in which Directus answers a renewed token with the same successor. Default: 10 in Directus
   * session mode (its `SESSION_REFRESH_GRACE_PERIOD`), otherwise 0.
   */
  reuseWindow?: number;
}

const TO_REFRESH =
  'tokenkeep renews this session by itself and keeps its refresh token where no request of yours carries it: ' +
  'leave out your own call of /auth/refresh (getAccessToken({ refresh: true }) forces a renewal).';
const TO_LOG_OUT =
  'tokenkeep keeps the refresh token of this session where no request of yours carries it: ' +
  'sign out with auth.logout() in place of your own call of /auth/logout.';

/** Directus as the provider. Checked at the first request, not here. */
export function directus(options: DirectusOptions): ProviderConfig {
  const { relay, mode = relay ? 'session' : undefined, url = '', ...others } = options;
  return {
    kind: 'directus',
    ...others,
    url,
    ...(mode && { mode }),
    ...(mode === undefined && { stateless: { mode: 'session' } }),
    ...(relay && { relay: relay === true ? {} : relay }),
    // Directus judges a bearer before it looks at the route: an expired one fails login and refresh too.
    withoutBearer: ['auth'],
    errorsWith200: ['graphql'],
    advice: [
      { path: 'auth/refresh', status: 400, message: TO_REFRESH },
      { path: 'auth/logout', status: 400, message: TO_LOG_OUT },
    ],
  };
}

/**
 * The SDK's client for this request's user: every request carries a live token, and one that expires
 * under way is renewed and the request repeated once. Made per request, because a client that is shared
 * sends one user's requests with another user's token.
 */
export function directusClient<Schema>(auth: Auth): DirectusClient<Schema> & RestClient<Schema> {
  const globals = { fetch: auth.fetch as typeof globalThis.fetch };
  return createDirectus<Schema>(auth.providerUrl, { globals }).with(rest());
}
