/** The part of the Next.js adapter that runs before a request is routed. */
import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server.js';
import { PendingCookies, type SetCookie, applyCookies } from '../cookies.ts';
import { handle } from '../handle.ts';
import type { TokenManager } from '../token-manager.ts';
import type { NextProxyHandler } from './next.ts';

/** Tells the rest of the request how its tokens were come by. A visitor who sends it fools only themselves. */
export const HOW_HEADER = 'x-tokenkeep-how';

/** As `NextResponse` writes them: the request goes on, and with which headers. */
const PASSES_ON = ['x-middleware-next', 'x-middleware-rewrite'];
const OVERRIDDEN = 'x-middleware-override-headers';
const HEADER = 'x-middleware-request-';

/** Opens and renews the session, runs `next`, and puts the cookies on the request and on the response. */
export async function proxied(
  manager: TokenManager,
  request: NextRequest,
  next: NextProxyHandler,
  event: NextFetchEvent | undefined,
): Promise<Response> {
  const writer = new RequestCookies(request);
  const response = await handle(
    manager,
    request,
    async (_, auth) => {
      if (!writer.isEmpty && auth.how) request.headers.set(HOW_HEADER, auth.how);
      return (await next(request, auth)) ?? NextResponse.next();
    },
    {
      writer,
      renews: mayBePrefetch(request) ? 'expired' : 'due',
      ...(event && { waitUntil: (promise) => event.waitUntil(promise) }),
    },
  );
  toAbsolute(response, request);
  const passesOn = PASSES_ON.some((name) => response.headers.has(name));
  if (!writer.isEmpty && passesOn) handOn(request.headers, response.headers);
  return response;
}

/** Next refuses a proxy's redirect to a path. */
function toAbsolute({ headers }: Response, { url }: NextRequest): void {
  const location = headers.get('location');
  if (location?.startsWith('/')) headers.set('location', new URL(location, url).href);
}

/**
 * Whether nobody may ever look at the answer. Browsers say so; of what Next's router fetches, the proxy is
 * not told which is a prefetch and which is a click.
 */
function mayBePrefetch({ headers }: NextRequest): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? '';
  const isRouters = headers.has('next-url') && !headers.has('next-action');
  return isRouters || purpose.includes('prefetch');
}

/** The response gets them in the end; the request has them at once. */
class RequestCookies extends PendingCookies {
  readonly #request: NextRequest;

  constructor(request: NextRequest) {
    super();
    this.#request = request;
  }

  override set(cookies: readonly SetCookie[]): boolean {
    const { headers, cookies: requested } = this.#request;
    const header = applyCookies(headers.get('cookie') ?? '', cookies);
    for (const { name, value } of cookies) {
      if (value === '') requested.delete(name);
      else requested.set(name, value);
    }
    // The line above encodes the application's own cookies anew.
    headers.set('cookie', header);
    return super.set(cookies);
  }
}

/** A response that overrides headers by itself took them from `request`; only the cookies may be older. */
function handOn(request: Headers, response: Headers): void {
  if (response.has(OVERRIDDEN)) {
    if (response.has(`${HEADER}cookie`)) response.set(`${HEADER}cookie`, request.get('cookie') ?? '');
    return;
  }
  for (const [name, value] of NextResponse.next({ request: { headers: request } }).headers) {
    if (name === OVERRIDDEN || name.startsWith(HEADER)) response.set(name, value);
  }
}
