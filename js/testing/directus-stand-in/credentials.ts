/** Where Directus looks for credentials, and what it makes of them. */
import { sessionTokenCookie } from './call.ts';
import type { Call, Server } from './call.ts';
import { DirectusError, invalidCredentials, invalidPayload, tokenExpired } from './errors.ts';
import { isDirectusJwt, verify } from './jwt.ts';
import { isMode } from './payload.ts';
import type { Mode } from './payload.ts';
import type { User } from './users.ts';

/** The access token of a request: from the query or the `Authorization` header, else from the session cookie. */
export function accessTokenOf({ settings }: Server, { query, request, cookies }: Call): string | undefined {
  const inQuery = query.get('access_token');
  const inHeader = /^bearer ([^ ]+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (inQuery && inHeader) throw invalidPayload('The request uses more than one method for including an access token');
  return inQuery || inHeader || cookies.get(settings.sessionCookie.name) || undefined;
}

/**
 * The user behind an access token; `undefined` for a request without one. A bad one fails every endpoint, public ones and login included.
 * A session cookie that is worthless is deleted with the answer, one that has only expired is not.
 */
export function authenticate(server: Server, call: Call, token: string | undefined): User | undefined {
  if (token === undefined) return undefined;
  const { settings } = server;
  try {
    return userOf(server, token);
  } catch (error) {
    const isExpired = error instanceof DirectusError && error.extensions.code === tokenExpired().extensions.code;
    if (!isExpired && call.cookies.get(settings.sessionCookie.name) === token) call.setCookies.push(sessionTokenCookie(settings, ''));
    throw error;
  }
}

function userOf({ settings, users, sessions }: Server, token: string): User {
  if (!isDirectusJwt(token)) {
    const user = users.byStaticToken(token);
    if (!user) throw invalidCredentials();
    return user;
  }
  const { id, session } = verify(token, settings.secret, settings.now());
  if (session !== undefined && !sessions.isAlive(session, id)) throw invalidCredentials();
  const user = users.byId(id);
  if (!user) throw invalidCredentials();
  return user;
}

/** The refresh token for refresh and logout. The mode alone says where it is; without one, a token in the body means json, else cookie. */
export function refreshTokenOf({ settings }: Server, { body, cookies }: Call): { mode: Mode; refreshToken: string } {
  const mode = body.mode || (body.refresh_token ? 'json' : 'cookie');
  const found = {
    json: () => body.refresh_token,
    cookie: () => cookies.get(settings.refreshCookie.name),
    session: () => sessionOf(cookies.get(settings.sessionCookie.name)),
  };
  const refreshToken = isMode(mode) && found[mode]();
  if (!isMode(mode) || !refreshToken) throw invalidPayload('The refresh token is required in either the payload or cookie');
  return { mode, refreshToken: String(refreshToken) };

  function sessionOf(token: string | undefined): string | undefined {
    if (token === undefined || !isDirectusJwt(token)) return undefined;
    return verify(token, settings.secret, settings.now()).session;
  }
}
