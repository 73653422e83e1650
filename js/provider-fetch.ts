/** A framework's fetch hook: the bearer for the provider, and for nobody else. */
import { type RequestAuth, withBearer } from './auth.ts';

/**
 * Sends a request that a framework's own `fetch` was asked for. Under the provider's URL it gets the
 * bearer and loses the visitor's cookies, which a framework may have added because the host matches.
 * Auth endpoints get no bearer: an expired one would poison them.
 */
export async function handleProviderFetch(
  providerUrl: string,
  auth: RequestAuth | undefined,
  request: Request,
  fetch: (request: Request) => Promise<Response>,
): Promise<Response> {
  const path = pathUnder(providerUrl, request.url);
  if (path === null) return fetch(request);
  const bare = new Request(request, { credentials: 'omit' });
  bare.headers.delete('cookie');
  const anonymous = !auth?.session || AUTH_ENDPOINT.test(path) || bare.headers.has('authorization');
  if (anonymous) return changeable(await fetch(bare));
  const replay = bare.clone();
  const response = await fetch(withBearer(bare, await auth.getAccessToken()));
  const newer = (await auth.rejected(response)) ? await auth.replacement() : null;
  return changeable(newer === null ? response : await fetch(withBearer(replay, newer)));
}

/**
 * The same response with headers that can be changed. An endpoint may return what it has fetched, and a
 * framework that adds our cookie to that fails with "immutable".
 */
function changeable(response: Response): Response {
  return new Response(response.body, response);
}

/** Directus' router does not look at case. */
const AUTH_ENDPOINT = /^auth\//i;

/** A parent folder behind an encoded slash: the URL parser leaves it, a server may decode and follow it. */
const CLIMBS = /(^|\/|%2f|%5c)(\.|%2e){2}($|\/|%2f|%5c)/i;

/** The rest of `url` below `base`, compared by origin and whole path segments; `null` elsewhere. */
export function pathUnder(base: string, url: string): string | null {
  if (!URL.canParse(base)) return null;
  const { origin, pathname } = new URL(base);
  const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
  const target = new URL(url);
  const inside = target.origin === origin && target.pathname.startsWith(folder);
  const path = inside ? target.pathname.slice(folder.length) : null;
  return path === null || CLIMBS.test(path) ? null : path;
}
