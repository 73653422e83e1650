/** Next.js: `auth.proxy` for `proxy.ts`, and `await auth()` wherever there are cookies. */
import { cookies, headers } from 'next/headers.js';
import { notFound, redirect } from '#next-navigation';
import { type NextFetchEvent, type NextRequest, after } from 'next/server.js';
import type { RequestAuth } from '../auth.ts';
import { authError } from '../errors.ts';
import { handle } from '../handle.ts';
import { renewRoute } from '../renew-route.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions, Fetch, How } from '../types.ts';
import { ActionCookies, type Cookies } from './next-cookies.ts';
import { HOW_HEADER, proxied } from './next-proxy.ts';

export type { Auth } from '../types.ts';

/** What a proxy of your own does with the request. Returning nothing lets it pass. */
export type NextProxyHandler = (
  request: NextRequest,
  auth: Auth,
) => Response | null | undefined | void | Promise<Response | null | undefined | void>;

/** What `tokenkeep()` makes: call it for this request's session. */
export interface NextjsAuth {
  /**
   * The session of this request, in server components, server actions and route handlers. In components
   * no cookie can be written: there it adopts what was renewed elsewhere, and renews only over a shared
   * store. Once per request however often it is called.
   */
  (): Promise<Auth>;
  /** `export const proxy = auth.proxy`, in `proxy.ts`: opens and renews the session before anything is rendered. */
  proxy(request: NextRequest, event?: NextFetchEvent): Promise<Response>;
  /**
   * The same around a proxy of your own. Cookies that were renewed are on `request`, and on whatever
   * `next` returns.
   */
  proxy(request: NextRequest, next: NextProxyHandler, event?: NextFetchEvent): Promise<Response>;
  /**
   * In a route handler, for answers that `await auth()` cannot give: `require` answers 401 or 503, and what
   * comes after a stream has begun is known to be too late. Adds the cookies to the response of `next`.
   */
  handle(
    request: Request,
    next: (request: Request, auth: Auth) => Response | Promise<Response>,
  ): Promise<Response>;
  /** `export const POST = auth.renewRoute` in a `route.ts`: a page's way to ask for a renewal. */
  readonly renewRoute: (request: Request) => Promise<Response>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): NextjsAuth {
  const secure = globalThis.process?.env?.NODE_ENV !== 'development';
  // Middleware on the edge runtime opens the sessions of pages that run elsewhere: one way for both.
  const provider = { ...options.provider, stateless: {} };
  const manager = new TokenManager({ fetch: uncachedFetch, ...options, provider }, secure);
  const opened = new WeakMap<object, Promise<Auth>>();

  const auth = async (): Promise<Auth> => {
    // First of all: while a page is prerendered this ends or suspends the call.
    const store = await cookies();
    const known = opened.get(store) ?? open(manager, store);
    opened.set(store, known);
    return known;
  };

  const handleRoute: NextjsAuth['handle'] = (request, next) =>
    handle(manager, request, next, { waitUntil: after, how: howOf(request.headers) });

  return Object.assign(auth, {
    proxy: (request: NextRequest, next?: NextProxyHandler | NextFetchEvent, event?: NextFetchEvent) =>
      typeof next === 'function'
        ? proxied(manager, request, next, event)
        : proxied(manager, request, () => undefined, next),
    handle: handleRoute,
    renewRoute: (request: Request) =>
      handleRoute(request, (_, auth) => renewRoute(request, auth as RequestAuth)),
  });
}

async function open(manager: TokenManager, store: Cookies): Promise<Auth> {
  manager.validate();
  const writer = new ActionCookies(store);
  return manager.forRequest({
    cookies: store.getAll().map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; '),
    writer,
    fetch: globalThis.fetch as Fetch,
    redirect: (to) => redirect(to),
    fail: (status, message) => (status === 401 ? notFound() : unavailable(message)),
    waitUntil: after,
    renews: writer.open || manager.isShared ? 'due' : 'never',
    how: howOf(await headers()),
  });
}

function howOf(headers: Pick<Headers, 'get'>): How | undefined {
  return (headers.get(HOW_HEADER) ?? undefined) as How | undefined;
}

function unavailable(message: string): never {
  throw authError('ERR_PROVIDER_UNAVAILABLE', message);
}

/** Next caches what `fetch` brings if a route says so; an answer with tokens belongs to one session. */
const uncachedFetch = ((input: RequestInfo | URL, init?: RequestInit) =>
  globalThis.fetch(input, { ...init, cache: 'no-store' })) as Fetch;
