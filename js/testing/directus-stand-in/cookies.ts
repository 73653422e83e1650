/** Directus' two cookies, as Express writes and reads them. */

/** How one of the cookies is named and scoped. */
export interface CookieOptions {
  /** Default: `directus_refresh_token` or `directus_session_token`. */
  name?: string;
  /** Default: none. */
  domain?: string;
  /** Default: `lax`. */
  sameSite?: 'lax' | 'strict' | 'none';
  /** Default: false. */
  secure?: boolean;
}

/** `maxAge` in seconds, `now` in epoch ms. Directus deletes a cookie with an empty value, and leaves its lifetime as it was. */
export function setCookie(name: string, value: string, maxAge: number, now: number, options: CookieOptions): string {
  const { domain, sameSite = 'lax', secure = false } = options;
  const attributes = [
    `${name}=${value}`,
    `Max-Age=${maxAge}`,
    domain && `Domain=${domain}`,
    'Path=/',
    `Expires=${new Date(now + maxAge * 1000).toUTCString()}`,
    'HttpOnly',
    secure && 'Secure',
    `SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`,
  ];
  return attributes.filter(Boolean).join('; ');
}
