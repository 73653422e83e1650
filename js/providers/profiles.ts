/**
 * What is known of providers, as they are when nobody has changed their settings. A profile sets defaults and
 * nothing else: every option that is given wins, and without a profile everything works.
 */

/** One provider. Durations in seconds. */
export interface Profile {
  /**
   * For how long a refresh token that was replaced still gets its successor. Where the old one stays good, this is
   * three times the default lease, so that a renewal whose answer was lost is repeated at once.
   */
  readonly reuseWindow: number;
  /** Whether a renewal replaces the refresh token: `optional` where an administrator decides. */
  readonly rotates: 'always' | 'optional' | 'never';
  /** How long access tokens live. */
  readonly accessTokenLifetime: number;
  /** How long an unused refresh token lives; `null`: until it is revoked. */
  readonly refreshTokenLifetime: number | null;
  /** The error codes that end a session. */
  readonly terminalCodes: readonly string[];
  /** What `oidc` asks for, so that there is a refresh token. */
  readonly scope: string;
  /** What `oidc` adds to the authorization request. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Whether the provider ends its own session only when it is shown the id token. */
  readonly idTokenHint: boolean;
}

const STAYS_GOOD = 90;
const DAY = 86_400;

const oauthDefaults = {
  reuseWindow: 0,
  terminalCodes: ['invalid_grant'],
  scope: 'openid profile email offline_access',
  parameters: {},
  idTokenHint: false,
} as const;

/** By name. */
export const profiles = {
  /**
   * The overlap is 0 until somebody sets it, and a reused token revokes its family. A wrong secret is `access_denied`.
   * Without `audience` the access token is opaque and for `/userinfo` only.
   *
   * https://auth0.com/docs/secure/tokens/refresh-tokens/configure-refresh-token-rotation
   * https://auth0.com/docs/secure/tokens/refresh-tokens/configure-refresh-token-expiration
   * https://auth0.com/docs/secure/tokens/access-tokens/update-access-token-lifetime
   */
  auth0: { ...oauthDefaults, rotates: 'optional', accessTokenLifetime: DAY, refreshTokenLifetime: 15 * DAY },
  /**
   * The grace period is 30 s, from 0 to 60. `/logout` insists on `id_token_hint`.
   *
   * https://developer.okta.com/docs/guides/refresh-tokens/main/
   * https://developer.okta.com/docs/guides/sign-users-out/
   */
  okta: {
    ...oauthDefaults,
    reuseWindow: 30,
    rotates: 'optional',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: 7 * DAY,
    idTokenHint: true,
  },
  /**
   * Each renewal brings a new refresh token, and the old one stays good. Access tokens live for 60 to 90 minutes.
   * The issuer is that of one tenant: `https://login.microsoftonline.com/{tenant}/v2.0`, not `common`.
   *
   * https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens
   * https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens
   */
  entra: {
    ...oauthDefaults,
    reuseWindow: STAYS_GOOD,
    rotates: 'always',
    accessTokenLifetime: 4500,
    refreshTokenLifetime: 90 * DAY,
  },
  /**
   * "Revoke Refresh Token" is off until somebody sets it; then a token is good for one use. A refresh token lives as
   * long as the login session may be idle; `offline_access` would ask for one that outlives it.
   *
   * https://www.keycloak.org/docs/latest/server_admin/index.html#_timeouts
   */
  keycloak: {
    ...oauthDefaults,
    rotates: 'optional',
    accessTokenLifetime: 300,
    refreshTokenLifetime: 1800,
    scope: 'openid profile email',
  },
  /**
   * Rotation is off until somebody sets it, then with a grace period of 0 to 60 s. There is no `offline_access`. An
   * answer may leave out the scope.
   *
   * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
   */
  cognito: {
    ...oauthDefaults,
    rotates: 'optional',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: 30 * DAY,
    scope: 'openid profile email',
  },
  /**
   * There is no `offline_access`: `access_type=offline` asks for a refresh token, and only a sign-in with consent
   * brings one. There is no logout by redirect. A refresh token that is not used for six months expires.
   *
   * https://developers.google.com/identity/protocols/oauth2/web-server
   * https://developers.google.com/identity/protocols/oauth2#expiration
   */
  google: {
    ...oauthDefaults,
    reuseWindow: STAYS_GOOD,
    rotates: 'never',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: 180 * DAY,
    scope: 'openid profile email',
    parameters: { access_type: 'offline', prompt: 'consent' },
  },
  /**
   * Its OAuth 2.1 server. Refresh tokens never expire and are good for one use, with a reuse interval of 10 s.
   *
   * https://supabase.com/docs/guides/auth/oauth-server
   * https://supabase.com/docs/guides/auth/sessions
   */
  supabase: {
    ...oauthDefaults,
    reuseWindow: 10,
    rotates: 'always',
    accessTokenLifetime: 3600,
    refreshTokenLifetime: null,
    scope: 'openid profile email',
  },
  /**
   * For comparison: its provider is `directus(…)`, which knows all this. In Directus session mode there is a window of
   * 10 s, `SESSION_REFRESH_GRACE_PERIOD`.
   *
   * https://directus.io/docs/configuration/security-limits
   * https://directus.io/docs/guides/connect/errors
   */
  directus: {
    ...oauthDefaults,
    rotates: 'always',
    accessTokenLifetime: 900,
    refreshTokenLifetime: 7 * DAY,
    terminalCodes: ['INVALID_CREDENTIALS', 'USER_SUSPENDED'],
    scope: '',
  },
} as const satisfies Record<string, Profile>;

/** The providers that `oauth` and `oidc` have defaults for. */
export type ProfileName = Exclude<keyof typeof profiles, 'directus'>;
