/** Directus' tokens: HS256 JSON Web Tokens (RFC 7519) issued by `directus`, timed in whole seconds. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidToken, tokenExpired } from './errors.ts';

export interface Claims {
  id: string;
  role: string | null;
  app_access: boolean;
  admin_access: boolean;
  /** In Directus session mode: the row of `directus_sessions`, which is also a refresh token. */
  session?: string;
}

const ISSUER = 'directus';

/** `ttl` in seconds, `now` in epoch ms. */
export function sign(claims: Claims, secret: string, ttl: number, now: number): string {
  const iat = Math.floor(now / 1000);
  const payload = { ...claims, iat, exp: iat + ttl, iss: ISSUER };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${signed}.${signature(signed, secret).toString('base64url')}`;
}

/** True when `token` says that Directus issued it; anything else is looked up as a static token. */
export function isDirectusJwt(token: string): boolean {
  return decode(token)?.iss === ISSUER;
}

/** The claims of a token that {@link isDirectusJwt}. Throws `INVALID_TOKEN`, or `TOKEN_EXPIRED` if only its time is over. */
export function verify(token: string, secret: string, now: number): Claims {
  const [header, payload, presented = ''] = token.split('.');
  const expected = signature(`${header}.${payload}`, secret);
  const given = Buffer.from(presented, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalidToken();
  const claims = decode(token);
  if (claims?.role === undefined || claims.exp === undefined) throw invalidToken();
  if (Math.floor(now / 1000) >= claims.exp) throw tokenExpired();
  return claims;
}

function decode(token: string): (Claims & { iss?: string; exp?: number }) | undefined {
  const [, payload, ...rest] = token.split('.');
  if (payload === undefined || rest.length !== 1) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(signed: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(signed).digest();
}
