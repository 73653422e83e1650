/** What a proxy of Next.js changes for the rest of its request: by Next's own protocol, headers of its response. */
import { type PendingCookies, applyCookies } from './cookies.ts';

/** As `NextResponse` writes them: that the request goes on, and with which headers. */
const PASSES_ON = ['x-middleware-next', 'x-middleware-rewrite'];
const OVERRIDDEN = 'x-middleware-override-headers';
const HEADER = 'x-middleware-request-';

/** What is used of `NextRequest`. */
interface MutableRequest {
  readonly headers: Headers;
  readonly cookies: { set(name: string, value: string): unknown; delete(name: string): unknown };
}

/** Within the proxy: the request has the cookies. */
export function bringUpToDate({ headers, cookies }: MutableRequest, pending: PendingCookies): void {
  if (pending.isEmpty) return;
  const header = applyCookies(headers.get('cookie') ?? '', pending.all);
  for (const { name, value } of pending.all) {
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
  // The lines above encode the application's own cookies anew.
  headers.set('cookie', header);
}

/**
 * After the proxy: the rest of the request has the cookies, and the headers in `added`. `request`: its headers as they
 * came. A response that overrides them by itself keeps its own; one that takes all cookies away is left alone.
 */
export function handOn(request: Headers, response: Headers, pending: PendingCookies, added: Readonly<Record<string, string>>): void {
  if (pending.isEmpty || !PASSES_ON.some((name) => response.has(name))) return;
  const own = response.get(OVERRIDDEN);
  const headers = new Headers(own === null ? request : overridden(own, response));
  if (request.has('cookie') && !headers.has('cookie')) return;
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  headers.set('cookie', applyCookies(headers.get('cookie') ?? '', pending.all));
  response.set(OVERRIDDEN, [...headers.keys()].join(','));
  for (const [name, value] of headers) response.set(HEADER + name, value);
}

function overridden(names: string, response: Headers): [string, string][] {
  const all = names.split(',').map((name) => name.trim());
  return all.filter((name) => response.has(HEADER + name)).map((name) => [name, response.get(HEADER + name) ?? '']);
}
