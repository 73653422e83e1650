/** From a `Request` to a `Response`: what the adapters of web-standard servers have in common. */
import type { RequestAuth, RequestPort } from './auth.ts';
import { PendingCookies } from './cookies.ts';
import { isBun } from './runtime.ts';
import { Stop } from './stop.ts';
import type { TokenManager } from './token-manager.ts';

/** What an adapter knows beside the request. */
export interface Handling extends Omit<RequestPort, 'cookies' | 'writer'> {
  /** Default: they are written to the response. */
  readonly writer?: PendingCookies;
}

/** Opens and renews the request's session, hands it to `next`, and adds the cookies to the response. */
export async function handle<R extends Request>(
  manager: TokenManager,
  request: R,
  next: (request: R, auth: RequestAuth) => Response | Promise<Response>,
  { writer = new PendingCookies(), ...handling }: Handling = {},
): Promise<Response> {
  const cookies = request.headers.get('cookie') ?? '';
  const auth = (await manager.forRequest({ cookies, writer, ...handling })) as RequestAuth;
  try {
    const response = await answer(() => next(request, auth));
    return withCookies(response, writer, auth);
  } finally {
    writer.close();
  }
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
    const changed = copyOf(response);
    cookies.writeTo(changed.headers);
    return changed;
  } catch {
    // The answer to a WebSocket's handshake can be neither changed nor copied.
    auth.handoffFailed();
    return response;
  }
}

/**
 * An application may return one response to several visitors. Bun sends a text without a type of its own as `text/plain`, but its
 * body in another response as bytes, which browsers download.
 */
function copyOf(response: Response): Response {
  if (!isBun() || response.headers.has('content-type')) return new Response(response.body, response);
  const copy = response.clone();
  // Nobody reads this half of it, without which the source of a stream would not hear that the client has gone.
  response.body?.cancel().catch(() => {});
  return copy;
}
