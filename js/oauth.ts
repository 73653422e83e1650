/** Any OAuth 2 authorization server as the provider: Auth0, Okta, Keycloak, Entra ID, Cognito, your own. */
import { authError } from './errors.ts';
import { type Profile, type ProfileName, profiles } from './providers/profiles.ts';
import type { ProviderConfig } from './types.ts';

export { type Profile, type ProfileName, profiles } from './providers/profiles.ts';

/** An authorization server, and our client there. */
export interface OAuthOptions {
  /** Takes the defaults of a known provider, such as its reuse window; see `profiles`. Default: none. */
  profile?: ProfileName | undefined;
  /**
   * Base URL of the API that the access tokens are for: absolute, with a base path if it has one. Only
   * requests under it get a token by `handleFetch`.
   */
  url: string | undefined;
  /** The token endpoint (RFC 6749 §3.2), `token_endpoint` in the server's discovery document. */
  tokenEndpoint: string | undefined;
  /**
   * The revocation endpoint (RFC 7009). Without one a logout ends the session here, and its refresh
   * token lives on until it expires.
   */
  revocationEndpoint?: string | undefined;
  /** The client's id. */
  clientId: string | undefined;
  /** The client's secret. Public clients have none. */
  clientSecret?: string | undefined;
  /**
   * How the client proves who it is. `basic`: `Authorization` header, `client_secret_basic`. `post`: in the
   * body, `client_secret_post`. `none`: a public client. Default: `basic` with a secret, `none` without.
   */
  clientAuth?: 'basic' | 'post' | 'none' | undefined;
  /** Sent with every renewal. Default: not sent, which keeps what was granted (RFC 6749 §6). */
  scope?: string | undefined;
  /**
   * Further parameters of every renewal, for servers that want more than RFC 6749 §6:
   * `{ audience: 'https://api.example.com' }` (Auth0), `{ resource: '…' }` (RFC 8707).
   */
  body?: Readonly<Record<string, string | undefined>>;
  /**
   * Seconds in which the server answers a rotated refresh token once more with its successor ("reuse
   * interval", "rotation overlap", "grace period"). A renewal whose answer was lost is then repeated at
   * once. Never more than the server really has. Default: the profile's, or 0.
   */
  reuseWindow?: number | undefined;
}

/**
 * An authorization server as the provider. Checked at the first request, not here.
 *
 * Users sign in elsewhere; `auth.adopt(tokenResponse)` starts their session.
 */
export function oauth({ profile, ...options }: OAuthOptions): ProviderConfig {
  const reuseWindow = options.reuseWindow ?? profileOf(profile)?.reuseWindow;
  return { kind: 'oauth', ...options, reuseWindow, url: options.url ?? '' } as ProviderConfig;
}

/**
 * The profile of this name.
 *
 * @internal
 */
export function profileOf(name: ProfileName | undefined): Profile | undefined {
  if (name === undefined || Object.hasOwn(profiles, name)) return name && profiles[name];
  throw authError('ERR_CONFIG', `profile must be one of ${Object.keys(profiles).join(', ')}`);
}

export {
  clientCredentials,
  type ClientCredentialsOptions,
  type MachineTokenFor,
  type MachineTokens,
} from './machine-tokens.ts';
