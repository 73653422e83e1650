/** One `Set-Cookie` instruction from the core. */
export interface SetCookie {
  /** With its `__Host-` prefix, if it has one. */
  readonly name: string;
  /** Empty with `maxAge` 0: a deletion. */
  readonly value: string;
  /** As frameworks call them. */
  readonly attributes: {
    readonly httpOnly: boolean;
    readonly sameSite: 'lax' | 'strict' | 'none';
    readonly path: string;
    /** Absent: the host that answers, and no other. */
    readonly domain?: string;
    readonly secure: boolean;
    /** Seconds. Absent: until the browser is closed. */
    readonly maxAge?: number | null;
  };
}

/** The `Set-Cookie` header's value (RFC 6265 §4.1). */
export function setCookieHeader({ name, value, attributes }: SetCookie): string {
  const { httpOnly, sameSite, path, domain, secure, maxAge } = attributes;
  const parts = [`${name}=${value}`, `Path=${path}`];
  if (domain !== undefined) parts.push(`Domain=${domain}`);
  if (maxAge != null) parts.push(`Max-Age=${maxAge}`);
  if (httpOnly) parts.push('HttpOnly');
  if (secure) parts.push('Secure');
  parts.push(`SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`);
  return parts.join('; ');
}

/**
 * The `Cookie` header that a browser would send after a response with these cookies: what the rest of
 * this request has to see.
 */
export function applyCookies(header: string, cookies: readonly SetCookie[]): string {
  if (cookies.length === 0) return header;
  const written = new Set(cookies.map((cookie) => cookie.name));
  const kept = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !written.has(pair.slice(0, pair.indexOf('=')).trim()));
  const added = cookies
    .filter((cookie) => cookie.value !== '')
    .map((cookie) => `${cookie.name}=${cookie.value}`);
  return [...kept, ...added].join('; ');
}

/**
 * The same response, kept out of shared caches: a cached `Set-Cookie` would sign others in. Headers are
 * appended to, so that nobody else's are lost.
 *
 * @internal
 */
export function uncacheable(response: Response): Response {
  const { headers } = response;
  try {
    headers.set('cache-control', 'private, no-store');
    if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(headers.get('vary') ?? '')) {
      headers.append('vary', 'Cookie');
    }
    return response;
  } catch {
    // The headers of a response that came from `fetch` cannot be changed.
    return uncacheable(new Response(response.body, response));
  }
}
