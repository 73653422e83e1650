/** Directus: the provider, and the SDK's client for one request. Needs `@directus/sdk`. */
import { createDirectus, type DirectusClient, type RestClient, rest } from '@directus/sdk';
import type { Auth, ProviderConfig } from './types.ts';

export { authentication } from './directus/authentication.ts';

/** A Directus project. */
export interface DirectusOptions {
  /** Its `PUBLIC_URL`: absolute, with the base path if it has one. */
  url: string | undefined;
  /**
   * Where Directus puts the tokens. `json`: access token and refresh token in the answer, renewable for
   * `REFRESH_TOKEN_TTL`. `session`: Directus session mode, one token that can be renewed only while it
   * is valid. Default `json`.
   */
  mode?: 'json' | 'session';
  /** Directus' `SESSION_COOKIE_NAME`. Default `directus_session_token`. */
  sessionCookieName?: string;
  /**
   * Seconds in which Directus answers a renewed token with the same successor. Default: 10 in Directus
   * session mode (its `SESSION_REFRESH_GRACE_PERIOD`), otherwise 0.
   */
  reuseWindow?: number;
}

/** Directus as the provider. Checked at the first request, not here. */
export function directus(options: DirectusOptions): ProviderConfig {
  return { kind: 'directus', ...options, url: options.url ?? '' };
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
