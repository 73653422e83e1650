/** The endpoint through which a page asks for a renewal. */
import type { RequestAuth } from './auth.ts';
import { isAuthError } from './errors.ts';

/** What the endpoint answers: never a token. */
export interface Renewal {
  /** When the new access token expires, epoch milliseconds. `null`: not known, or never. */
  readonly expiresAt: number | null;
}

/**
 * What is looked at of a request. `url` tells the host where no header does.
 *
 * @internal
 */
export interface RenewalRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly url: string;
}

/**
 * Renews the request's session. 200 with a {@link Renewal}; 405 unless POST; 403 from another site; 401
 * when nobody is signed in; 503 with `Retry-After` when it failed and the tokens stay what they were.
 *
 * @internal
 */
export async function renewRoute(request: RenewalRequest, auth: RequestAuth): Promise<Response> {
  if (request.method !== 'POST') return refusal(405, { allow: 'POST' });
  if (isCrossSite(request)) return refusal(403);
  try {
    // The hook may have renewed for this very request.
    await auth.getAccessToken({ refresh: auth.how === 'fresh' || auth.how === 'kept' });
  } catch (error) {
    return isAuthError(error) ? failure(auth, error.retryAfterMs) : Promise.reject(error);
  }
  const renewal: Renewal = { expiresAt: auth.session?.expiresAt ?? null };
  return Response.json(renewal, { headers: UNCACHED });
}

const UNCACHED = { 'cache-control': 'private, no-store' };

function refusal(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { ...UNCACHED, ...headers } });
}

function failure(auth: RequestAuth, retryAfterMs: number | null): Response {
  if (!auth.session) return refusal(401);
  return refusal(503, { 'retry-after': String(Math.ceil((retryAfterMs ?? 1000) / 1000)) });
}

/**
 * Whether another site's page sent this. `Sec-Fetch-Site` says so; older browsers send `Origin` with
 * every POST. Hosts are compared and schemes are not: TLS ends at proxies. What sends neither is no
 * browser, and has no cookie that it was not given.
 */
function isCrossSite(request: RenewalRequest): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin';
  const origin = request.headers.get('origin');
  if (origin === null) return false;
  const host = request.headers.get('host') ?? new URL(request.url).host;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
