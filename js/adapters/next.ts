/** Next.js: `auth.proxy` for `proxy.ts`, and `await auth()` wherever there are cookies. */
import { cookies, headers } from 'next/headers.js';
import { notFound, redirect } from '#next-navigation';
import { type NextFetchEvent, type NextRequest, NextResponse, after } from 'next/server.js';
import type { RequestAuth } from '../auth.ts';
import { type CookieJar, JarCookies, PendingCookies } from '../cookies.ts';
import { raise } from '../errors.ts';
import { handle, redirection, stop } from '../handle.ts';
import { bringUpToDate, handOn } from '../next-request.ts';
import { renewRoute } from '../renew-route.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions, Fetch, How } from '../types.ts';

export type { Auth } from '../types.ts';

/** What a proxy of your own does with the request. Returning nothing lets it pass. */
export type NextProxyHandler = (request: NextRequest, auth: Auth) => Response | null | void | Promise<Response | null | void>;

/** What `tokenkeep()` makes: call it for this request's session. */
export interface NextjsAuth {
  /**
   * The session of this request, in server components, server actions and route handlers. In components, where
   * no cookie can be written, it adopts what was renewed elsewhere, and renews only over a shared store.
   */
  (): Promise<Auth>;
  /**
   * `export const proxy = auth.proxy`, in `proxy.ts`: opens and renews the session before anything is rendered.
   * `next` is a proxy of your own: cookies that were renewed are on its `request`, and on whatever it returns.
   */
  proxy(request: NextRequest, next?: NextProxyHandler | NextFetchEvent): Promise<Response>;
  /** For a route handler in which `require` answers 401 or 503, and a response that has begun takes no cookies. */
  handle(request: Request, next: (request: Request, auth: Auth) => Response | Promise<Response>): Promise<Response>;
  /** `export const POST = auth.renewRoute` in a `route.ts`: a page's way to ask for a renewal. */
  readonly renewRoute: (request: Request) => Promise<Response>;
}

/** Tells the rest of the request how its tokens were come by. A visitor who sends it fools only themselves. */
const HOW = 'x-tokenkeep-how';

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): NextjsAuth {
  // Middleware on the edge runtime opens the sessions of pages that run elsewhere: one way for both.
  const provider = { ...options.provider, stateless: {} };
  const manager = new TokenManager({ fetch: uncachedFetch, ...options, provider });
  const opened = new WeakMap<object, Promise<Auth>>();
  const auth = async (): Promise<Auth> => {
    // First of all: while a page is prerendered this ends or suspends the call.
    const store = await cookies();
    const known = opened.get(store) ?? open(manager, store);
    opened.set(store, known);
    return known;
  };
  const handleRoute: NextjsAuth['handle'] = async (request, next) => {
    const [jar, writer, how] = [await cookies(), new PendingCookies(), request.headers.get(HOW) as How | null];
    return handle(manager, request, next, { writer, waitUntil: after, how }).catch((error) => {
      // Of what `redirect` and `notFound` throw, Next makes a response with the cookies of its own jar.
      new JarCookies(jar, () => true).set(writer.all);
      throw error;
    });
  };
  return Object.assign(auth, {
    proxy: proxied.bind(null, manager),
    handle: handleRoute,
    renewRoute: (request: Request) => handleRoute(request, (_, auth) => renewRoute(request, auth as RequestAuth)),
  });
}

async function open(manager: TokenManager, store: Awaited<ReturnType<typeof cookies>>): Promise<Auth> {
  // A build renders static pages, without a visitor and perhaps without a secret.
  if (process.env['NEXT_PHASE'] !== 'phase-production-build') manager.validate();
  const writer = new JarCookies(store, () => isWritable(store));
  return manager.forRequest({
    cookies: store.getAll().map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; '),
    writer,
    fetch: globalThis.fetch as Fetch,
    redirect: (to) => redirect(to),
    fail: (status, message) => (status === 401 ? notFound() : raise('ERR_PROVIDER_UNAVAILABLE', message)),
    waitUntil: after,
    renews: writer.open || manager.isShared ? 'due' : 'never',
    how: (await headers()).get(HOW) as How | null,
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
  const headers = new Headers(request.headers);
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? '';
  // Browsers say that nobody may ever look. Which of its router's requests are prefetches, Next does not say.
  const isRouters = headers.has('next-url') && !headers.has('next-action');
  const renews = isRouters || purpose.includes('prefetch') ? 'expired' : 'due';
  const writer = new PendingCookies();
  let how: How | null = null;
  const run = async (_: unknown, auth: Auth) => {
    bringUpToDate(request, writer);
    const response = typeof next === 'function' ? await next(request, auth) : null;
    how = auth.how;
    return response ?? NextResponse.next();
  };
  const { basePath } = request.nextUrl;
  // Next refuses a proxy's redirect to a path, and adds the base path everywhere else.
  const away = (to: string) => stop(redirection(new URL(to.startsWith('/') ? basePath + to : to, request.url).href));
  const response = await handle(manager, request, run, { writer, renews, waitUntil: after, redirect: away });
  handOn(headers, response.headers, writer, how ? { [HOW]: how } : {});
  return response;
}

/** Next caches what `fetch` brings if a route says so; an answer with tokens belongs to one session. */
const uncachedFetch = ((input: RequestInfo | URL, init?: RequestInit) =>
  globalThis.fetch(input, { ...init, cache: 'no-store' })) as Fetch;
