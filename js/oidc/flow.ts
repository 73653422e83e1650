/** Authorization code with PKCE: from the first redirect to the session, and out again. */
import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from 'oauth4webapi';
import type { RequestAuth } from '../auth.ts';
import { authError } from '../errors.ts';
import { ownPath } from '../own-path.ts';
import type { RequestState } from '../request-state.ts';
import type { SignInFlow, SignInOptions } from '../sign-in.ts';
import type { Fetch } from '../types.ts';
import { discovering } from './endpoints.ts';
import { AuthorizationServer, type OidcSettings } from './server.ts';
import { cookie, cookieName, readCookie, recall, remember, type Transaction } from './transaction.ts';

/** Browsers refuse larger cookies, attributes included. */
const LARGEST_COOKIE = 4000;

/** The sign-in at one authorization server. */
export class OidcFlow implements SignInFlow {
  readonly #settings: OidcSettings;
  readonly #server: AuthorizationServer;

  constructor(settings: OidcSettings) {
    this.#settings = settings;
    this.#server = new AuthorizationServer(settings);
  }

  validate(): void {
    for (const name of ['issuer', 'redirectUri', 'clientId'] as const) {
      const value = this.#settings[name];
      if (value !== '' && (name === 'clientId' || URL.canParse(value))) continue;
      throw authError('ERR_CONFIG', name === 'clientId' ? 'clientId is missing' : `${name} must be an absolute URL`);
    }
  }

  async begin({ state: request }: RequestAuth, options: SignInOptions): Promise<string> {
    request.mustWrite();
    const transaction: Transaction = {
      state: generateRandomState(),
      nonce: generateRandomNonce(),
      codeVerifier: generateRandomCodeVerifier(),
      returnTo: ownPath(options.returnTo),
      remember: options.remember ?? true,
      startedAt: Date.now(),
    };
    const url = await this.#server.authorizationUrl(request.manager.fetch, transaction, options.parameters ?? {});
    remember(request, transaction);
    return url;
  }

  async finish(auth: RequestAuth, url: URL): Promise<string> {
    const { state: request } = auth;
    request.mustWrite();
    const transaction = recall(request, url.searchParams.get('state'));
    const { answer, claims, idToken } = await this.#server.redeem(request.manager.fetch, url, transaction);
    await auth.adopt(answer, { remember: transaction.remember }, claims);
    this.#keep(request, idToken, transaction.remember);
    return ownPath(transaction.returnTo);
  }

  async leave({ state: request }: RequestAuth, returnTo: string): Promise<string | null> {
    try {
      const idToken = this.#takeBack(request);
      return await this.#server.endSessionUrl(request.manager.fetch, returnTo, idToken);
    } catch {
      return null;
    }
  }

  through(fetch: Fetch): Fetch {
    return discovering(this.#settings.issuer, fetch, () => this.#server.discover(fetch));
  }

  /** The id token is kept for one purpose: some servers end their session without asking only if they are shown it. */
  #keep(request: RequestState, idToken: string, remembered: boolean): void {
    if (!this.#settings.idTokenHint) return;
    const name = cookieName(request, 'id-token');
    const value = request.manager.sealSignIn(name, idToken);
    if (name.length + value.length > LARGEST_COOKIE) return void this.#takeBack(request);
    request.setCookies([cookie(request, name, value, remembered ? request.manager.maxAge : null)]);
  }

  #takeBack(request: RequestState): string | undefined {
    const name = cookieName(request, 'id-token');
    const value = readCookie(request, name);
    if (value === undefined) return undefined;
    request.setCookies([cookie(request, name, '', 0)]);
    return request.manager.unsealSignIn(name, value);
  }
}
