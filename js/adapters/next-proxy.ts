/** The part of the Next.js adapter that runs before a request is routed. */
import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server.js';
import { type SetCookie, applyCookies, setCookieHeader, uncacheable } from '../cookies.ts';
import type { TokenManager } from '../token-manager.ts';
import type { Fetch } from '../types.ts';
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
  manager.validate();
  const writer = new CookieWriter(request);
  const auth = await manager.forRequest({
    cookies: request.headers.get('cookie') ?? '',
    writer,
    fetch: globalThis.fetch as Fetch,
    redirect: (to) => stop(new Response(null, { status: 303, headers: { location: to } })),
    fail: (status, message) => stop(new Response(message, { status })),
    renews: isPrefetch(request) ? 'expired' : 'due',
    ...(event && { waitUntil: (promise) => event.waitUntil(promise) }),
  });
  if (writer.wrote && auth.how) request.headers.set(HOW_HEADER, auth.how);
  try {
    return writer.write((await answer(() => next(request, auth))) ?? NextResponse.next());
  } finally {
    writer.open = false;
  }
}

/** Next hides its own header unless `skipProxyUrlNormalize` is set; browsers announce theirs. */
function isPrefetch({ headers }: NextRequest): boolean {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose') ?? '';
  return headers.has('next-router-prefetch') || purpose.includes('prefetch');
}

/** A response that `require` ends the request with. */
class Stop {
  readonly response: Response;

  constructor(response: Response) {
    this.response = response;
  }
}

function stop(response: Response): never {
  throw new Stop(response);
}

async function answer<T>(next: () => T | Promise<T>): Promise<T | Response> {
  try {
    return await next();
  } catch (error) {
    if (error instanceof Stop) return error.response;
    throw error;
  }
}

/** Keeps what is to be set until there is a response. The request has it at once. */
class CookieWriter {
  open = true;
  readonly #request: NextRequest;
  readonly #cookies = new Map<string, SetCookie>();

  constructor(request: NextRequest) {
    this.#request = request;
  }

  get wrote(): boolean {
    return this.#cookies.size > 0;
  }

  set(cookies: readonly SetCookie[]): boolean {
    const { headers, cookies: requested } = this.#request;
    const header = applyCookies(headers.get('cookie') ?? '', cookies);
    for (const cookie of cookies) {
      this.#cookies.set(cookie.name, cookie);
      if (cookie.value === '') requested.delete(cookie.name);
      else requested.set(cookie.name, cookie.value);
    }
    // What the others are encoded like is theirs.
    headers.set('cookie', header);
    return true;
  }

  /** The response with the cookies, which hands the request's on if the request goes on. */
  write(response: Response): Response {
    if (!this.wrote) return response;
    const changed = uncacheable(response);
    for (const cookie of this.#cookies.values()) {
      changed.headers.append('set-cookie', setCookieHeader(cookie));
    }
    if (PASSES_ON.some((name) => changed.headers.has(name))) this.#handOn(changed.headers);
    return changed;
  }

  /** A response that overrides headers by itself has them from `request`; only the cookies may be older. */
  #handOn(response: Headers): void {
    const { headers } = this.#request;
    if (!response.has(OVERRIDDEN)) {
      for (const [name, value] of NextResponse.next({ request: { headers } }).headers) {
        if (name === OVERRIDDEN || name.startsWith(HEADER)) response.set(name, value);
      }
    } else if (response.has(`${HEADER}cookie`)) {
      response.set(`${HEADER}cookie`, headers.get('cookie') ?? '');
    }
  }
}
