/** Cookies: read, applied to a request, and on their way to a response. */
import type { CookieWriter } from './auth.ts';

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
 * The cookies of a `Cookie` header. As for Directus, the first of a name counts, and a pair of quotes around
 * a value is none of it.
 */
export function readCookies(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (equals >= 0 && name !== '' && !cookies.has(name)) cookies.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return cookies;
}

/**
 * The `Cookie` header that a browser would send after a response with these cookies: what the rest of
 * this request has to see.
 */
export function applyCookies(header: string, cookies: readonly Pick<SetCookie, 'name' | 'value'>[]): string {
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

/** The headers of a response: the web's `Headers`, or what a framework has instead. */
export interface ResponseHeaders {
  /** The value, or several joined by commas. */
  get(name: string): string | null;
  set(name: string, value: string): unknown;
  append(name: string, value: string): unknown;
}

/** Cookies that wait for the head of the response. The last value of a cookie wins. */
export class PendingCookies implements CookieWriter {
  #open = true;
  readonly #cookies = new Map<string, SetCookie>();

  get open(): boolean {
    return this.#open;
  }

  set(cookies: readonly SetCookie[]): boolean {
    for (const cookie of cookies) this.#cookies.set(cookie.name, cookie);
    return true;
  }

  /** From now on it is too late. */
  close(): void {
    this.#open = false;
  }

  /** Whether none has been set. */
  get isEmpty(): boolean {
    return this.#cookies.size === 0;
  }

  /** All of them. */
  protected get all(): readonly SetCookie[] {
    return [...this.#cookies.values()];
  }

  /** Gives the head of the response what it has to have because of them. */
  writeTo(headers: ResponseHeaders): void {
    if (this.isEmpty) return;
    keepPrivate(headers);
    for (const cookie of this.all) headers.append('set-cookie', setCookieHeader(cookie));
  }
}

/** Where a framework keeps the cookies of its response: `event.cookies`, `await cookies()`. */
export interface CookieJar {
  set(name: string, value: string, attributes: SetCookie['attributes'] & { maxAge?: number }): unknown;
}

/** Cookies in the framework's own jar, which throws when it is too late for them. */
export class JarCookies implements CookieWriter {
  readonly #jar: CookieJar;
  readonly #isOpen: () => boolean;

  /** `isOpen`: whether the jar takes cookies, where that may change. */
  constructor(jar: CookieJar, isOpen = () => true) {
    this.#jar = jar;
    this.#isOpen = isOpen;
  }

  get open(): boolean {
    return this.#isOpen();
  }

  set(cookies: readonly SetCookie[]): boolean {
    try {
      for (const { name, value, attributes } of cookies) {
        const { maxAge, ...rest } = attributes;
        this.#jar.set(name, value, maxAge == null ? rest : { ...rest, maxAge });
      }
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Cookies that wait for the head of the response until the framework's own jar has to have them. What it writes of its
 * jar to whatever a route has returned fails where headers cannot be changed.
 */
export class LateJarCookies extends PendingCookies {
  readonly #jar: JarCookies;
  #shown = false;

  constructor(jar: CookieJar) {
    super();
    this.#jar = new JarCookies(jar);
  }

  /** From now on they are in the jar, if that takes them. */
  show(): void {
    this.#shown ||= this.#jar.set(this.all);
  }

  override set(cookies: readonly SetCookie[]): boolean {
    return super.set(cookies) && (!this.#shown || this.#jar.set(cookies));
  }

  /** What is in the jar the framework adds by itself, and leaves to us what caches do with it. */
  override writeTo(headers: ResponseHeaders): void {
    if (!this.#shown) super.writeTo(headers);
    else if (!this.isEmpty) keepPrivate(headers);
  }
}

/** What a cache in front obeys instead of `Cache-Control` (RFC 9213, and what there was before it). */
const TARGETED = ['cdn-cache-control', 'surrogate-control', 'cloudflare-cdn-cache-control', 'vercel-cdn-cache-control', 'netlify-cdn-cache-control'];

/** A cached `Set-Cookie` would sign others in. */
function keepPrivate(headers: ResponseHeaders): void {
  const vary = headers.get('vary');
  // `no-transform` keeps compressors from holding a stream back, and is about no cache.
  const asItIs = /\bno-transform\b/i.test(headers.get('cache-control') ?? '');
  headers.set('cache-control', asItIs ? 'private, no-store, no-transform' : 'private, no-store');
  for (const name of TARGETED) if (headers.get(name)) headers.set(name, 'no-store');
  if (!vary) headers.set('vary', 'Cookie');
  else if (!/(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)) headers.set('vary', `${vary}, Cookie`);
}

/**
 * The same response, kept out of shared caches. Headers are added to, so that nobody else's are lost.
 *
 * @internal
 */
export function uncacheable(response: Response): Response {
  try {
    keepPrivate(response.headers);
    return response;
  } catch {
    // The headers of a response that came from `fetch` cannot be changed.
    return uncacheable(new Response(response.body, response));
  }
}
