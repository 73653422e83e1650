/**
 * Sign-in at any OpenID Connect provider, and its tokens kept alive: authorization code with PKCE, found by discovery.
 * Needs `oauth4webapi`.
 */
import { type OAuthOptions, oauth, profileOf } from './oauth.ts';
import { addressOf } from './oidc/endpoints.ts';
import { OidcFlow } from './oidc/flow.ts';
import type { ProviderConfig } from './types.ts';

export type { OAuthOptions, ProfileName } from './oauth.ts';

/** An OpenID Connect provider, and our client there. */
export interface OidcOptions
  extends Pick<OAuthOptions, 'profile' | 'clientId' | 'clientSecret' | 'body' | 'reuseWindow'> {
  /**
   * The issuer, exactly as its discovery document writes it. With `https:` every endpoint has to be one too; an issuer
   * with `http:` is taken at its word.
   */
  issuer: string | undefined;
  /** Where the provider sends the user back: the absolute address of the route of `auth.callback`, as registered. */
  redirectUri: string | undefined;
  /**
   * Base URL of the API that the access tokens are for; only requests under it get a token by `handleFetch`.
   * Default: the issuer.
   */
  url?: string | undefined;
  /**
   * How the client proves who it is. `basic`: `Authorization` header, `client_secret_basic`. `post`: in the body,
   * `client_secret_post`. `none`: a public client. Default: `basic` with a secret, `none` without.
   */
  clientAuth?: OAuthOptions['clientAuth'];
  /** What to ask for, separated by spaces. Default: the profile's, or `openid profile email offline_access`. */
  scope?: string | undefined;
  /** Further parameters of every authorization request: `{ audience: '…' }`, `{ prompt: 'select_account' }`. */
  parameters?: Readonly<Record<string, string | undefined>>;
  /**
   * Keeps the id token, sealed in a cookie of its own, and shows it to the provider at logout: some do not end their
   * session without it, or ask the user first. Costs a kilobyte with every request. Default: the profile's, or `false`.
   */
  idTokenHint?: boolean | undefined;
}

/**
 * An OpenID Connect provider. Checked at the first request, not here; the discovery document is fetched when it is
 * needed, and kept for an hour.
 */
export function oidc(options: OidcOptions): ProviderConfig {
  const { issuer = '', clientId, clientSecret, clientAuth, body = {}, profile: name, reuseWindow } = options;
  const profile = profileOf(name);
  const flow = new OidcFlow({
    issuer,
    redirectUri: options.redirectUri ?? '',
    clientId: clientId ?? '',
    clientSecret,
    clientAuth,
    scope: options.scope ?? profile?.scope ?? 'openid profile email offline_access',
    parameters: { ...profile?.parameters, ...options.parameters },
    idTokenHint: options.idTokenHint ?? profile?.idTokenHint ?? false,
  });
  const tokenEndpoint = addressOf(issuer, 'token_endpoint');
  const revocationEndpoint = addressOf(issuer, 'revocation_endpoint');
  const url = options.url ?? issuer;
  const provider = oauth({ url, tokenEndpoint, revocationEndpoint, clientId, clientSecret, clientAuth, body, profile: name, reuseWindow });
  return { ...provider, signIn: flow };
}
