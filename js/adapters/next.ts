/** Next.js: `auth.proxy` for `proxy.ts`, and `await auth()` wherever there are cookies. */
import { cookies } from 'next/headers.js';
import { notFound, redirect } from '#next-navigation';
import { type NextFetchEvent, type NextRequest, NextResponse, after } from 'next/server.js';
import type { RequestAuth } from '../auth.ts';
import { type CookieJar, JarCookies, LateJarCookies } from '../cookies.ts';
import { raise } from '../errors.ts';
import { handle } from '../handle.ts';
import { renewRoute } from '../renew-route.ts';
import { stopWithRedirect } from '../stop.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions } from '../types.ts';
import type { Fetch } from '../web.ts';

export type { Auth } from '../types.ts';

/** What a proxy of your own does with the request. Returning nothing lets it pass. */
export type NextProxyHandler = (request: NextRequest, auth: Auth) => Response | null | void | Promise<Response | null | void>;

/** What `tokenkeep()` makes: call it for this request's session. */
export interface NextjsAuth {
  /** This request's session, anywhere. Where no cookie can be written it adopts, and renews only over a shared store. */
  (): Promise<Auth>;
  /**
   * `export const proxy = auth.proxy`, in `proxy.ts`: opens and renews the session before anything is rendered, and
   * hands the cookies on to the rest of the request. `next` is a proxy of your own: they are on whatever it returns.
   */
  proxy(request: NextRequest, next?: NextProxyHandler | NextFetchEvent): Promise<Response>;
  /** For a route handler in which `require` answers 401 or 503, and a response that has begun takes no cookies. */
  handle(request: Request, next: (request: Request, auth: Auth) => Response | Promise<Response>): Promise<Response>;
  /** `export const POST = auth.renewRoute` in a `route.ts`: a page's way to ask for a renewal. */
  readonly renewRoute: (request: Request) => Promise<Response>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): NextjsAuth {
  // Middleware on the edge runtime opens the sessions of pages that run elsewhere: one way for both.
  const provider = { ...options.provider, stateless: {} };
  // Next caches what `fetch` brings if a route says so; an answer with tokens belongs to one session.
  const fetch: Fetch = (input, init) => globalThis.fetch(input, { ...init, cache: 'no-store' });
  const manager = new TokenManager({ fetch, ...options, provider });
  const opened = new WeakMap<object, Promise<Auth>>();
  const auth = async (): Promise<Auth> => {
    // First of all: while a page is prerendered this ends or suspends the call.
    const store = await cookies();
    const known = opened.get(store) ?? open(manager, store);
    opened.set(store, known);
    return known;
  };
  const handleRoute: NextjsAuth['handle'] = async (request, next) => {
    const writer = new LateJarCookies(await cookies());
    return handle(manager, request, next, { writer, waitUntil: after }).catch((error) => {
      // Of what `redirect` throws Next makes a response with the cookies of its own jar, and with them alone.
      writer.show();
      throw error;
    });
  };
  return Object.assign(auth, {
    proxy: proxied.bind(null, manager),
    handle: handleRoute,
    renewRoute: (request: Request) => handleRoute(request, renewRoute),
  });
}

async function open(manager: TokenManager, store: Awaited<ReturnType<typeof cookies>>): Promise<Auth> {
  const writer = new JarCookies(store, () => isWritable(store));
  return manager.forRequest({
    cookies: store.getAll().map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; '),
    writer,
    redirect,
    fail: (status, message) => (status === 401 ? notFound() : raise('ERR_PROVIDER_UNAVAILABLE', message)),
    waitUntil: after,
    renews: writer.open || manager.isShared ? 'due' : 'never',
    isBuild: process.env['NEXT_PHASE'] === 'phase-production-build',
  });
}

/** Next does not say. Without a name to set, it refuses the call for being read-only before it misses the name. */
function isWritable(store: CookieJar): boolean {
  try {
    (store.set as () => unknown)();
    return true;
  } catch (error) {
    return error instanceof TypeError;
  }
}

async function proxied(manager: TokenManager, request: NextRequest, next?: NextProxyHandler | NextFetchEvent) {
  const came = new Headers(request.headers);
  // At what a browser fetches ahead nobody may ever look. Which of its router's requests are such, Next does not say.
  const isRouters = came.has('next-url') && !came.has('next-action');
  const isAhead = isRouters || (came.get('sec-purpose') ?? came.get('purpose'))?.includes('prefetch');
  const run = async (_: unknown, auth: RequestAuth) => {
    if (auth.state.cookies.changed) request.headers.set('cookie', auth.state.cookies.header);
    const response = (typeof next === 'function' ? await next(request, auth) : null) ?? NextResponse.next();
    return auth.state.cookies.changed ? handedOn(response, came, auth.state) : response;
  };
  // Next refuses a proxy's redirect to a path, and adds the base path everywhere else.
  const away = (to: string) => stopWithRedirect(new URL(to.startsWith('/') ? request.nextUrl.basePath + to : to, request.url).href);
  return handle(manager, request, run, { renews: isAhead ? 'expired' : 'due', waitUntil: after, redirect: away });
}

/** Headers of a proxy's response that replace those of the request, as `NextResponse` writes them. */
const REPLACED = 'x-middleware-override-headers';
const REPLACEMENT = 'x-middleware-request-';

/**
 * A copy that changes the cookies for the rest of the request, whose headers have been `came` so far. Headers that
 * the response replaces by itself stay as they are; if it takes all cookies away, none is added.
 */
function handedOn(response: Response, came: Headers, { cookies, how }: RequestAuth['state']): Response {
  const goesOn = response.headers.has('x-middleware-next') || response.headers.has('x-middleware-rewrite');
  const replaced = response.headers.get(REPLACED)?.split(',');
  if (!goesOn || (replaced && came.has('cookie') && !response.headers.has(`${REPLACEMENT}cookie`))) return response;
  const copy = new Response(response.body, response);
  if (!replaced) for (const [name, value] of came) copy.headers.set(REPLACEMENT + name, value);
  copy.headers.set(REPLACED, [...new Set([...(replaced ?? came.keys()), 'cookie'])].join(','));
  copy.headers.set(`${REPLACEMENT}cookie`, cookies.forLater(copy.headers.get(`${REPLACEMENT}cookie`) ?? '', how));
  return copy;
}
