/** From a `Request` to a `Response`: what the adapters of web-standard servers have in common. */
import type { RequestAuth, RequestPort } from './auth.ts';
import { PendingCookies } from './cookies.ts';
import type { TokenManager } from './token-manager.ts';
import type { Auth, Fetch } from './types.ts';

/** What an adapter knows beside the request. `writer` keeps the cookies until there is a response. */
export interface Handling extends Pick<RequestPort, 'waitUntil' | 'renews' | 'how'>, Partial<Pick<RequestPort, 'redirect'>> {
  readonly writer?: PendingCookies;
}

/** Opens and renews the request's session, hands it to `next`, and adds the cookies to the response. */
export async function handle<R extends Request>(
  manager: TokenManager,
  request: R,
  next: (request: R, auth: Auth) => Response | Promise<Response>,
  { writer = new PendingCookies(), ...handling }: Handling = {},
): Promise<Response> {
  manager.validate();
  const auth = (await manager.forRequest({
    cookies: request.headers.get('cookie') ?? '',
    writer,
    fetch: globalThis.fetch as Fetch,
    redirect: (to) => stop(redirection(to)),
    fail: (status, message) => stop(new Response(message, { status })),
    ...handling,
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

/** 303: the browser asks the other address with GET. */
export function redirection(to: string): Response {
  return new Response(null, { status: 303, headers: { location: to } });
}

/** Ends the request with `response`, from wherever `next` is. */
export function stop(response: Response): never {
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
    // A copy: an application may return one response to several visitors.
    const changed = new Response(response.body, response);
    cookies.writeTo(changed.headers);
    return changed;
  } catch {
    // The answer to a WebSocket's handshake can be neither changed nor copied.
    auth.handoffFailed();
    return response;
  }
}
