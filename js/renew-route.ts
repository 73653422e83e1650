/** The endpoint through which a page asks for a renewal. */
import { isAuthError } from './errors.ts';
import type { Auth } from './types.ts';

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
 * Renews the request's session. 200 with a {@link Renewal}; 405 unless POST; 403 from another origin; 401
 * when nobody is signed in; 503 with `Retry-After` when it failed and the tokens stay what they were.
 *
 * @internal
 */
export async function renewRoute(request: RenewalRequest, auth: Auth): Promise<Response> {
  return refused(request) ?? renewed(auth);
}

/**
 * Why a request may not ask for a renewal.
 *
 * @internal
 */
export function refused(request: RenewalRequest): Response | null {
  if (request.method !== 'POST') return refusal(405, { allow: 'POST' });
  return isCrossOrigin(request) ? refusal(403) : null;
}

/**
 * Renews, and says how it went.
 *
 * @internal
 */
export async function renewed(auth: Auth): Promise<Response> {
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

/** @internal */
export function refusal(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { ...UNCACHED, ...headers } });
}

function failure(auth: Auth, retryAfterMs: number | null): Response {
  if (!auth.session) return refusal(401);
  return refusal(503, { 'retry-after': String(Math.ceil((retryAfterMs ?? 1000) / 1000)) });
}

/**
 * Whether a page of another origin sent this. `Sec-Fetch-Site` says so; older browsers send `Origin` with
 * every POST. Hosts are compared and schemes are not: TLS ends at proxies, some of which replace `Host`, when
 * the framework may know the right one. A page can choose neither. What sends neither header is no browser,
 * and has no cookie that it was not given.
 *
 * @internal
 */
export function isCrossOrigin(request: RenewalRequest): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin';
  const origin = request.headers.get('origin');
  if (origin === null) return false;
  const own = [request.headers.get('host'), hostOf(request.url)];
  const sender = hostOf(origin);
  return sender === null || !own.includes(sender);
}

/** `null`: it is no URL. `Origin` may be `null`, and `Host` anything. */
function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}
