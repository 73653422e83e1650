/** A framework's fetch hook: the bearer for the provider, and for nobody else. */
import type { RequestAuth } from './auth.ts';
import { sendWithBearer } from './bearer.ts';
import { pathUnder, takesBearer } from './provider-paths.ts';
import type { ProviderConfig } from './types.ts';

/**
 * Sends a request that a framework's own `fetch` was asked for. Under the provider's URL it gets the
 * bearer and loses the visitor's cookies, which a framework may have added because the host matches.
 */
export async function handleProviderFetch(
  provider: ProviderConfig,
  auth: RequestAuth | undefined,
  request: Request,
  fetch: (request: Request) => Promise<Response>,
): Promise<Response> {
  if (pathUnder(provider.url, request.url) === null) return fetch(request);
  const bare = new Request(request, { credentials: 'omit' });
  bare.headers.delete('cookie');
  const anonymous =
    !auth?.session || bare.headers.has('authorization') || !takesBearer(provider, request.url);
  if (anonymous) {
    const response = await fetch(bare);
    auth?.state.manager.advise(request.url, response.status);
    return changeable(response);
  }
  return changeable(await sendWithBearer(auth.state, bare, fetch));
}

/**
 * The same response with headers that can be changed. An endpoint may return what it has fetched, and a
 * framework that adds our cookie to that fails with "immutable".
 */
function changeable(response: Response): Response {
  return new Response(response.body, response);
}
