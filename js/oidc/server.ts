/** The exchanges with one authorization server, by oauth4webapi. */
import * as oauth from 'oauth4webapi';
import { within } from '../bounded-wait.ts';
import { authError } from '../errors.ts';
import type { Json, TokenResponse } from '../types.ts';
import type { Fetch } from '../web.ts';
import { translated } from './errors.ts';
import type { Transaction } from './transaction.ts';

/** Seconds that one exchange may take. */
const TIMEOUT = 10;

/** Seconds by which the server's clock and ours may differ when an id token is checked. */
const CLOCK_TOLERANCE = 60;

/** For how long a discovery document is used, in ms. One that cannot be had anew is used for longer. */
const DISCOVERY_AGE_MS = 3_600_000;

/** For how long a request for it is waited for by others: it ends sooner where its timer is alive. */
const UNDER_WAY_MS = (TIMEOUT + 1) * 1000;

/** Where requests and browsers are sent. */
const ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'end_session_endpoint', 'jwks_uri'] as const;

/** A server and our client there, with the defaults of the profile filled in; see `OidcOptions`. */
export interface OidcSettings {
  readonly issuer: string;
  readonly redirectUri: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly clientAuth: 'basic' | 'post' | 'none' | undefined;
  readonly scope: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly idTokenHint: boolean;
}

/** What a code was redeemed for. */
export interface Redeemed {
  readonly answer: TokenResponse;
  /** Of the id token, which has been checked. */
  readonly claims: Readonly<Record<string, Json>>;
  readonly idToken: string;
}

/** Made once per configuration; keeps the discovery document and, with it, the server's keys. */
export class AuthorizationServer {
  readonly #settings: OidcSettings;
  #document: oauth.AuthorizationServer | undefined;
  #request: Promise<oauth.AuthorizationServer> | undefined;
  #discoveredAt = 0;
  #requestedAt = 0;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
  }

  /**
   * The discovery document (OpenID Connect Discovery §4).
   *
   * @throws AuthError `ERR_RESPONSE_INVALID` for a document that is not this issuer's, or a retryable one.
   */
  async discover(fetch: Fetch): Promise<oauth.AuthorizationServer> {
    const now = Date.now();
    const known = this.#document;
    if (known && now - this.#discoveredAt < DISCOVERY_AGE_MS) return known;
    // On Workers a request that is under way ends with the visitor who began it, and never settles.
    const left = this.#requestedAt + UNDER_WAY_MS - now;
    if (this.#request && left > 0) return within(this.#request, left, () => this.discover(fetch));
    this.#requestedAt = now;
    const request = this.#refreshed(fetch, known).finally(() => {
      if (this.#request === request) this.#request = undefined;
    });
    this.#request = request;
    return request;
  }

  /** The document of today, or the one that is known. */
  async #refreshed(fetch: Fetch, known: oauth.AuthorizationServer | undefined): Promise<oauth.AuthorizationServer> {
    this.#document = await this.#discovery(fetch).catch((error: unknown) => {
      if (known) return known;
      throw error;
    });
    this.#discoveredAt = Date.now();
    return this.#document;
  }

  /** Where the browser goes to sign in (RFC 6749 §4.1.1, RFC 7636 §4.3). */
  async authorizationUrl(
    fetch: Fetch,
    { state, nonce, codeVerifier }: Transaction,
    parameters: Readonly<Record<string, string>>,
  ): Promise<string> {
    const { authorization_endpoint } = await this.discover(fetch);
    const url = this.#endpoint('authorization_endpoint', authorization_endpoint);
    const { clientId, scope, parameters: always } = this.#settings;
    const asked = { scope, ...always, ...parameters };
    for (const [name, value] of Object.entries(asked)) if (value !== undefined) url.searchParams.set(name, value);
    const ours = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.#settings.redirectUri,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(ours)) url.searchParams.set(name, value);
    return url.href;
  }

  /**
   * Redeems the code in the provider's answer, and checks `state`, `iss` (RFC 9207), `nonce` and the id token
   * with its signature (OpenID Connect Core §3.1.3.7).
   *
   * @throws AuthError `ERR_STATE_MISMATCH`, `ERR_SIGN_IN_REJECTED`, `ERR_RESPONSE_INVALID`, `ERR_PROVIDER_REJECTED`,
   * or a retryable one.
   */
  async redeem(fetch: Fetch, answered: URLSearchParams, { state, nonce, codeVerifier }: Transaction): Promise<Redeemed> {
    const server = await this.discover(fetch);
    const client = this.#client();
    const parameters = await translated(async () => checked(server, client, answered, state));
    return translated(async () => {
      const { redirectUri } = this.#settings;
      const options = this.#http(fetch);
      const auth = this.#clientAuth();
      const response = await oauth.authorizationCodeGrantRequest(server, client, auth, parameters, redirectUri, codeVerifier, options);
      const answer = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
      await oauth.validateApplicationLevelSignature(server, response, options);
      const claims = oauth.getValidatedIdTokenClaims(answer) as unknown as Redeemed['claims'];
      return { answer: answer as unknown as TokenResponse, claims, idToken: answer.id_token ?? '' };
    });
  }

  /** Where the server ends its own session (OpenID Connect RP-Initiated Logout §2); `null` if it has no such place. */
  async endSessionUrl(fetch: Fetch, returnTo: string, idToken: string | undefined): Promise<string | null> {
    const { end_session_endpoint } = await this.discover(fetch);
    if (end_session_endpoint === undefined) return null;
    const url = this.#endpoint('end_session_endpoint', end_session_endpoint);
    url.searchParams.set('client_id', this.#settings.clientId);
    url.searchParams.set('post_logout_redirect_uri', new URL(returnTo, this.#settings.redirectUri).href);
    if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken);
    return url.href;
  }

  #discovery(fetch: Fetch): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(this.#settings.issuer);
    return translated(async () => {
      const response = await oauth.discoveryRequest(issuer, this.#http(fetch));
      const document = await oauth.processDiscoveryResponse(issuer, response);
      for (const name of ENDPOINTS) if (document[name] !== undefined) this.#endpoint(name, document[name]);
      return document;
    });
  }

  /** Secrets go there, so an issuer with `https:` must not lead to an address without. */
  #endpoint(name: string, address: string | undefined): URL {
    const url = URL.canParse(address ?? '') ? new URL(address ?? '') : null;
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && this.#isInsecure())) return url;
    throw authError('ERR_RESPONSE_INVALID', `the discovery document has no usable ${name}`);
  }

  #isInsecure(): boolean {
    return new URL(this.#settings.issuer).protocol === 'http:';
  }

  #client(): oauth.Client {
    return { client_id: this.#settings.clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE };
  }

  #clientAuth(): oauth.ClientAuth {
    const { clientSecret, clientAuth } = this.#settings;
    if (!clientSecret) return oauth.None();
    return clientAuth === 'post' ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret);
  }

  #http(fetch: Fetch) {
    return {
      [oauth.customFetch]: (url: string, init: object) => (fetch as typeof globalThis.fetch)(url, init),
      // An issuer that was configured with `http:` is taken at its word; one with `https:` cannot lead away from it.
      [oauth.allowInsecureRequests]: this.#isInsecure(),
      signal: () => AbortSignal.timeout(TIMEOUT * 1000),
    };
  }
}

/** The answer's parameters, if they belong to this sign-in and come from this server. */
function checked(server: oauth.AuthorizationServer, client: oauth.Client, answered: URLSearchParams, state: string): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, client, answered, state);
  } catch (error) {
    if (!(error instanceof oauth.OperationProcessingError)) throw error;
    throw authError('ERR_STATE_MISMATCH', 'the answer is not one of this authorization server to this sign-in');
  }
}
