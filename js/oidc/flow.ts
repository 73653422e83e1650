/** Authorization code with PKCE: from the first redirect to the session, and out again. */
import { generateRandomCodeVerifier, generateRandomNonce, generateRandomState } from 'oauth4webapi';
import type { SetCookie } from '../cookies.ts';
import { authError } from '../errors.ts';
import { ownPath } from '../own-path.ts';
import type { RequestState } from '../request-state.ts';
import type { SignInAnswer, SignInFlow, SignInOptions } from '../sign-in.ts';
import type { Fetch } from '../web.ts';
import { discovering } from './endpoints.ts';
import { AuthorizationServer, type OidcSettings } from './server.ts';
import { cookie, readCookie, recall, remember, type Transaction } from './transaction.ts';

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

  async begin(request: RequestState, options: SignInOptions): Promise<string> {
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

  async finish(request: RequestState, url: string): Promise<SignInAnswer> {
    const { redirectUri } = this.#settings;
    if (!URL.canParse(url, redirectUri)) throw authError('ERR_STATE_MISMATCH', 'the address that came back is no URL');
    const { searchParams } = new URL(url, redirectUri);
    const transaction = recall(request, searchParams.get('state'));
    const { answer, claims, idToken } = await this.#server.redeem(request.manager.fetch, searchParams, transaction);
    return {
      tokens: answer,
      claims,
      remember: transaction.remember,
      returnTo: ownPath(transaction.returnTo),
      cookies: this.#keeping(request, idToken, transaction.remember),
    };
  }

  async leave(request: RequestState, returnTo: string): Promise<string | null> {
    const name = request.cookies.nameOf('id-token');
    const value = readCookie(request, name);
    try {
      request.setCookies(removal(request, name));
      const idToken = value && request.manager.unsealSignIn(name, value);
      return await this.#server.endSessionUrl(request.manager.fetch, returnTo, idToken);
    } catch {
      return null;
    }
  }

  through(fetch: Fetch): Fetch {
    return discovering(this.#settings.issuer, fetch, () => this.#server.discover(fetch));
  }

  /** The id token is kept for one purpose: some servers end their session without asking only if they are shown it. */
  #keeping(request: RequestState, idToken: string, remembered: boolean): SetCookie[] {
    if (!this.#settings.idTokenHint) return [];
    const name = request.cookies.nameOf('id-token');
    const value = request.manager.sealSignIn(name, idToken);
    if (name.length + value.length > LARGEST_COOKIE) return removal(request, name);
    return [cookie(request, name, value, remembered ? request.manager.maxAge : null)];
  }
}

/** What deletes a cookie, if the browser has it. */
function removal(request: RequestState, name: string): SetCookie[] {
  return readCookie(request, name) === undefined ? [] : [cookie(request, name, '', 0)];
}
