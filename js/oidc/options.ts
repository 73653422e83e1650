/** What a sign-in needs to know, with the defaults of the profile filled in. */
export interface OidcOptions {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientAuth: 'basic' | 'post' | 'none' | undefined;
  readonly scope: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly idTokenHint: boolean;
}
