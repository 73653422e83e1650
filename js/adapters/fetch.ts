/** Any server that maps a Request to a Response: Node, Deno, Bun, Workers. */
import { handle } from '../handle.ts';
import { renewRoute } from '../renew-route.ts';
import type { LogoutOptions, SignInOptions } from '../sign-in.ts';
import { redirection } from '../stop.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions } from '../types.ts';
import type { WebRequest, WebResponse } from '../web.ts';

export type { Auth } from '../types.ts';

/** What the server calls for each request. */
export interface FetchAuth {
  /**
   * Opens and renews the request's session, hands it to `next`, and adds its cookies to the response.
   * `context.waitUntil` keeps a renewal alive on platforms that end with the response.
   */
  handle(
    request: WebRequest,
    next: (request: WebRequest, auth: Auth) => WebResponse | Promise<WebResponse>,
    context?: { waitUntil?: (promise: Promise<unknown>) => void },
  ): Promise<WebResponse>;
  /** A page's way to ask for a renewal, as `next` or called by it: `POST` answers 200, 401, 403 or 503. */
  readonly renewRoute: (request: WebRequest, auth: Auth) => Promise<WebResponse>;
  /** As `next` or called by it: the redirect to the provider's sign-in. */
  readonly signIn: (request: WebRequest, auth: Auth, options?: SignInOptions) => Promise<WebResponse>;
  /** The same at the redirect URI: starts the session and redirects to `returnTo`. */
  readonly callback: (request: WebRequest, auth: Auth) => Promise<WebResponse>;
  /** The same: signs out, here and at the provider, and redirects. */
  readonly logout: (request: WebRequest, auth: Auth, options?: LogoutOptions) => Promise<WebResponse>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): FetchAuth {
  const manager = new TokenManager(options);
  return {
    handle: (request, next, context) => {
      const waitUntil = context?.waitUntil?.bind(context);
      return handle(manager, request, next, waitUntil && { waitUntil });
    },
    renewRoute,
    signIn: async (_, auth, options) => redirection(await auth.signIn(options)),
    callback: async ({ url }, auth) => redirection(await auth.callback(url)),
    logout: async (_, auth, options) => redirection(await auth.logout(options)),
  };
}
