/** Hono 4: a middleware, and `c.get('auth')`. */
import type { Context, MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { RequestAuth } from '../auth.ts';
import { PendingCookies, type ResponseHeaders } from '../cookies.ts';
import { raise } from '../errors.ts';
import { renewRoute } from '../renew-route.ts';
import { redirection } from '../stop.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions } from '../types.ts';

export type { Auth } from '../types.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** The session of this request. */
    auth: Auth;
  }
}

/** What an application mounts. */
export interface HonoAuth {
  /** `app.use(auth.handle)`: opens and renews the session. What follows finds it in `c.get('auth')`. */
  readonly handle: MiddlewareHandler;
  /** `app.post('/auth/renew', auth.renewRoute)`: a page's way to ask for a renewal. */
  readonly renewRoute: (c: Context) => Promise<Response>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): HonoAuth {
  const manager = new TokenManager(options);
  const opened = new WeakMap<Context, Auth>();
  return {
    async handle(c, next) {
      // An app inside another one may mount it again: what its session writes, the outer one's would write over.
      const known = opened.get(c);
      if (known) {
        c.set('auth', known);
        return next();
      }
      const writer = new PendingCookies();
      const waitUntil = waitUntilOf(c);
      const auth = await manager.forRequest({
        cookies: c.req.header('cookie') ?? '',
        writer,
        redirect: (to) => stop(redirection(to)),
        fail: (status, message) => stop(new Response(message, { status })),
        ...(waitUntil && { waitUntil }),
      });
      c.set('auth', auth);
      opened.set(c, auth);
      try {
        await next();
        writeTo(c, writer);
      } finally {
        writer.close();
      }
    },
    renewRoute: async (c) => renewRoute(c.req.raw, c.get('auth') ?? raise('ERR_API_MISUSE', "mount tokenkeep's `handle` first")),
  };
}

/** What Hono, or the application's `onError`, answers with. */
function stop(res: Response): never {
  throw new HTTPException(res.status as 303 | 401 | 503, { res });
}

/** Hono throws where a platform has none. */
function waitUntilOf(c: Context): ((promise: Promise<unknown>) => void) | undefined {
  try {
    const { executionCtx } = c;
    return executionCtx.waitUntil.bind(executionCtx);
  } catch {
    return undefined;
  }
}

function writeTo(c: Context, cookies: PendingCookies): void {
  try {
    cookies.writeTo(headersOf(c));
  } catch {
    // The answer to a WebSocket's handshake can be neither changed nor copied.
    (c.get('auth') as RequestAuth).handoffFailed();
  }
}

/** `c.header` also changes the headers of a response that came from `fetch`. */
function headersOf(c: Context): ResponseHeaders {
  return {
    get: (name) => c.res.headers.get(name),
    set: (name, value) => c.header(name, value),
    append: (name, value) => c.header(name, value, { append: true }),
  };
}
