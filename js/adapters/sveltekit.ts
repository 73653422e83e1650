/** SvelteKit: hooks, and `locals.auth`. */
import { type RequestEvent, error, redirect } from '@sveltejs/kit';
import type { Handle, HandleFetch } from '@sveltejs/kit/hooks';
import type { RequestAuth, RequestPort } from '../auth.ts';
import { LateJarCookies } from '../cookies.ts';
import { raise } from '../errors.ts';
import { handle } from '../handle.ts';
import { pathUnder } from '../provider-paths.ts';
import { renewRoute } from '../renew-route.ts';
import type { LogoutOptions, SignInOptions } from '../sign-in.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions, Session } from '../types.ts';
import type { Fetch } from '../web.ts';

export type { Auth } from '../types.ts';

/** What `hooks.server.ts` exports. */
export interface SvelteKitAuth {
  /** Opens and renews the session before `resolve`; composes in `sequence`. */
  readonly handle: Handle;
  /** Gives the bearer to requests under the provider's URL, and to no others. */
  readonly handleFetch: HandleFetch;
  /**
   * For the route that single sign-on redirects back to: `locals.auth.adopt` with the event's own request.
   *
   * @throws AuthError see `Auth.adopt`.
   */
  readonly adopt: (event: RequestEvent, options?: { remember?: boolean }) => Promise<Session>;
  /** `export const POST = auth.renewRoute` in a `+server.ts`: a page's way to ask for a renewal. */
  readonly renewRoute: (event: RequestEvent) => Promise<Response>;
  /** Sends the browser to the provider's sign-in: `auth.signIn(event, { returnTo })` in an action or a `+server.ts`. */
  readonly signIn: (event: RequestEvent, options?: SignInOptions) => Promise<never>;
  /** `export const GET = auth.callback` in the `+server.ts` of the redirect URI. */
  readonly callback: (event: RequestEvent) => Promise<never>;
  /** Signs out, here and at the provider, and redirects: `auth.logout(event, { returnTo })` in an action. */
  readonly logout: (event: RequestEvent, options?: LogoutOptions) => Promise<never>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): SvelteKitAuth {
  const manager = new TokenManager(options);

  const withSession: Handle = ({ event, resolve }) => {
    const { fetch } = event;
    const writer = new LateJarCookies(event.cookies);
    // Not async: SvelteKit's own promise may be rejected before anybody awaits it, and one made of it may not.
    const withCookies: Fetch = (input, init) => {
      const url = URL.parse(input instanceof Request ? input.url : input, event.url);
      // A request to this application, or to a host below it, brings what is in the jar.
      if (`.${url?.hostname}`.endsWith(`.${event.url.hostname}`)) writer.show();
      return fetch(input, init);
    };
    Object.assign(event, { fetch: withCookies });
    const next = (_: unknown, auth: Auth) => {
      Object.assign(event.locals, { auth });
      return resolve(event);
    };
    const handled = handle(manager, event.request, next, {
      writer,
      fetch: withCookies,
      redirect: (to) => redirect(303, to),
      fail: (status, message) => error(status, message),
      isBuild: isPrerendering(event),
      ...keptAlive(event),
    });
    // Of what a hook's `redirect` throws, also one around this, SvelteKit makes a response with the cookies of its jar.
    return handled.finally(() => writer.show());
  };

  const handleFetch: HandleFetch = async ({ event, request, fetch }) => {
    if (pathUnder(manager.providerUrl, request.url) === null) return fetch(request);
    // SvelteKit adds the visitor's cookies where the host matches; the provider gets the bearer in their place.
    const bare = new Request(request, { credentials: 'omit' });
    bare.headers.delete('cookie');
    const auth = authOf(event);
    const response = await (auth?.isOf(manager) ? auth.send(bare, fetch) : fetch(bare));
    // An endpoint may return this, and SvelteKit adds our cookie to headers that `fetch` has made immutable.
    return new Response(response.body, response);
  };

  return {
    handle: withSession,
    handleFetch,
    adopt: (event, options) => known(event).adopt(event.request, options),
    renewRoute: (event) => renewRoute(event.request, known(event)),
    signIn: async (event, options) => redirect(303, await known(event).signIn(options), { external: true }),
    callback: async (event) => redirect(303, await known(event).callback(event.url.href)),
    logout: async (event, options) => redirect(303, await known(event).logout(options), { external: true }),
  };
}

function authOf(event: RequestEvent): RequestAuth | undefined {
  return (event.locals as { auth?: Auth }).auth as RequestAuth | undefined;
}

function known(event: RequestEvent): RequestAuth {
  return authOf(event) ?? raise('ERR_API_MISUSE', "export tokenkeep's `handle` from hooks.server first");
}

type KeepsAlive = Pick<RequestPort, 'waitUntil'>;

/** By the context that adapter-netlify hands over, and adapter-cloudflare before 8.0; since then the runtime has it. */
function keptAlive({ platform }: RequestEvent): KeepsAlive {
  const { context, ctx = context } = (platform ?? {}) as { context?: KeepsAlive; ctx?: KeepsAlive };
  return ctx?.waitUntil ? { waitUntil: ctx.waitUntil.bind(ctx) } : {};
}

/** SvelteKit refuses the client's address while it prerenders, when there are no secrets yet. */
function isPrerendering(event: RequestEvent): boolean {
  try {
    event.getClientAddress();
    return false;
  } catch {
    return true;
  }
}
