/** Astro: a middleware, and `locals.auth` in pages, endpoints and actions. */
import type { RequestPort } from '../auth.ts';
import { authError } from '../errors.ts';
import { handle } from '../handle.ts';
import { renewRoute } from '../renew-route.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions } from '../types.ts';
import type { WebRequest, WebResponse } from '../web.ts';

export type { Auth } from '../types.ts';

/** What is used of Astro's `APIContext`. */
export interface AstroContext {
  /** The visitor's request. */
  readonly request: WebRequest;
  /** `Astro.locals`. */
  readonly locals: object;
  /** Whether the page is made by the build, when there is neither a visitor nor a secret. */
  readonly isPrerendered: boolean;
}

/** What `src/middleware.ts` and endpoints export. */
export interface AstroAuth {
  /** `export const onRequest = auth.handle`: opens and renews the session; composes in `sequence`. */
  readonly handle: (context: AstroContext, next: () => Promise<WebResponse>) => Promise<WebResponse>;
  /** `export const POST = auth.renewRoute` in an endpoint: a page's way to ask for a renewal. */
  readonly renewRoute: (context: AstroContext) => Promise<WebResponse>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): AstroAuth {
  const manager = new TokenManager(options);
  const underWay = new WeakSet<object>();
  return {
    async handle(context, next) {
      const { locals } = context;
      // A rewrite runs the middleware within the middleware; an error page runs it anew, and gets the cookie.
      if (underWay.has(locals)) return next();
      const inner = (_: unknown, auth: Auth) => {
        Object.assign(locals, { auth });
        return next();
      };
      if (context.isPrerendered) return inner(null, await manager.forRequest(NOBODY));
      underWay.add(locals);
      return handle(manager, context.request, inner).finally(() => underWay.delete(locals));
    },
    renewRoute: (context) => renewRoute(context.request, authOf(context) ?? missing()),
  };
}

function authOf({ locals }: AstroContext): Auth | undefined {
  return (locals as { auth?: Auth }).auth;
}

function missing(): never {
  throw authError('ERR_API_MISUSE', "export tokenkeep's `handle` as `onRequest` from src/middleware first");
}

/** At build time there is neither a visitor nor a secret. */
const NOBODY: RequestPort = {
  isBuild: true,
  cookies: '',
  writer: { open: false, set: () => false },
  redirect: prerendered,
  fail: prerendered,
};

function prerendered(): never {
  throw authError('ERR_API_MISUSE', 'a prerendered page has no session that it could require');
}
