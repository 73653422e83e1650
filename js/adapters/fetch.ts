/** Any server that maps a Request to a Response: Node, Deno, Bun, Workers. */
import type { RequestAuth } from '../auth.ts';
import { PendingCookies, uncacheable } from '../cookies.ts';
import { renewRoute } from '../renew-route.ts';
import { callback, type LogoutOptions, logout, signIn, type SignInOptions } from '../sign-in.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions, Fetch, WebRequest, WebResponse } from '../types.ts';

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
  /** Inside `next`: the redirect to the provider's sign-in. */
  signIn(request: WebRequest, options?: SignInOptions): Promise<WebResponse>;
  /** Inside `next`, at the redirect URI: starts the session and redirects to `returnTo`. */
  callback(request: WebRequest): Promise<WebResponse>;
  /** Inside `next`: signs out, here and at the provider, and redirects. */
  logout(request: WebRequest, options?: LogoutOptions): Promise<WebResponse>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): FetchAuth {
  const manager = new TokenManager(options, globalThis.process?.env?.NODE_ENV !== 'development');
  const known = new WeakMap<WebRequest, RequestAuth>();
  return {
    signIn: async (request, options) => redirection(await signIn(known.get(request), options)),
    callback: async (request) => redirection(await callback(known.get(request), new URL(request.url))),
    logout: async (request, options) => redirection(await logout(known.get(request), options)),
    async handle(request, next, context) {
      manager.validate();
      const noted: typeof next = (same, auth) => {
        known.set(same, auth as RequestAuth);
        return next(same, auth);
      };
      return serve(manager, request, noted, context);
    },
    renewRoute: (request, auth) => renewRoute(request, auth as RequestAuth),
  };
}

/**
 * `handle` of one manager, whose options may be incomplete.
 *
 * @internal
 */
export async function serve(manager: TokenManager, ...[request, next, context]: Parameters<FetchAuth['handle']>): Promise<Response> {
  const writer = new PendingCookies();
  const waitUntil = context?.waitUntil?.bind(context);
  const auth = (await manager.forRequest({
    cookies: request.headers.get('cookie') ?? '',
    writer,
    fetch: globalThis.fetch as Fetch,
    redirect: (to) => stop(redirection(to)),
    fail: (status, message) => stop(new Response(message, { status })),
    ...(waitUntil && { waitUntil }),
  })) as RequestAuth;
  try {
    const response = await answer(() => next(request, auth));
    return withCookies(response, writer, auth);
  } finally {
    writer.open = false;
  }
}

/** A response that `require` ends the request with. */
class Stop {
  readonly response: Response;

  constructor(response: Response) {
    this.response = response;
  }
}

function redirection(to: string): Response {
  return new Response(null, { status: 303, headers: { location: to } });
}

function stop(response: Response): never {
  throw new Stop(response);
}

async function answer(next: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await next();
  } catch (error) {
    if (error instanceof Stop) return error.response;
    throw error;
  }
}

function withCookies(response: Response, cookies: PendingCookies, auth: RequestAuth): Response {
  if (cookies.isEmpty) return response;
  try {
    const changed = uncacheable(response);
    cookies.writeTo(changed.headers);
    return changed;
  } catch {
    // The answer to a WebSocket's handshake can be neither changed nor copied.
    auth.handoffFailed();
    return response;
  }
}
