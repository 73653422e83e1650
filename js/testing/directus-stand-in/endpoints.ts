/** Directus' auth endpoints, and enough of the others to see what a credential is worth. */
import { readCookies } from '../../cookies.ts';
import type { Answer, Handler, ReceivedRequest } from '../faulty-server.ts';
import { refreshTokenCookie, sessionTokenCookie } from './call.ts';
import type { Call, Server, Settings } from './call.ts';
import { accessTokenOf, authenticate, refreshTokenOf } from './credentials.ts';
import { DirectusError, errorBody, forbidden, invalidCredentials, routeNotFound } from './errors.ts';
import { sign } from './jwt.ts';
import { loginPayload, parseBody } from './payload.ts';
import type { Mode } from './payload.ts';
import type { Rotation } from './sessions.ts';
import { ADMIN_ROLE } from './users.ts';
import type { User } from './users.ts';

interface Reply {
  readonly status: number;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: object | string;
}

type Endpoint = (server: Server, call: Call, user: User | undefined) => Promise<Reply> | Reply;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  'POST /auth/login': login,
  'POST /auth/refresh': refresh,
  'POST /auth/logout': logout,
  'GET /users/me': me,
  'PATCH /users/me': updateMe,
  'GET /server/info': () => ok({ project: { project_name: 'Directus' } }),
};

export function createHandler(server: Server): Handler {
  return async (request) => {
    const setCookies: string[] = [];
    const reply = await process(server, request, setCookies).catch(replyToError);
    return toAnswer(server.settings, request, reply, setCookies);
  };
}

/** Directus' order: preflight, body, credential's place, ping, credential's worth, and only then the endpoint. */
async function process(server: Server, request: ReceivedRequest, setCookies: string[]): Promise<Reply> {
  if (request.method === 'OPTIONS' && server.settings.corsOrigin !== undefined) return { status: 204 };
  const call: Call = {
    request,
    query: new URL(request.target, 'http://directus').searchParams,
    cookies: readCookies(request.headers.cookie ?? ''),
    body: parseBody(request),
    setCookies,
  };
  const token = accessTokenOf(server, call);
  if (request.path === '/server/ping') return { status: 200, body: 'pong' };
  const user = authenticate(server, call, token);
  const endpoint = ENDPOINTS[`${request.method} ${request.path}`];
  if (!endpoint) throw routeNotFound(request.path);
  return endpoint(server, call, user);
}

function login(server: Server, call: Call): Reply {
  const { mode, ...credentials } = loginPayload(call.body);
  const user = server.users.authenticate(credentials);
  return issue(server, call, mode, { user, refreshToken: server.sessions.create(user) });
}

async function refresh(server: Server, call: Call): Promise<Reply> {
  const { sessions, refreshCounts } = server;
  try {
    const { mode, refreshToken } = refreshTokenOf(server, call);
    const rotation = await (mode === 'session' ? sessions.succeed(refreshToken) : sessions.rotate(refreshToken));
    refreshCounts.rotations += 1;
    return issue(server, call, mode, rotation);
  } catch (error) {
    if (error instanceof DirectusError && error.status < 500) refreshCounts.refusedRefreshes += 1;
    throw error;
  }
}

/** Answers 204 for an unknown refresh token too, and deletes whichever of the cookies came with the request. */
async function logout(server: Server, call: Call): Promise<Reply> {
  const { sessions, settings } = server;
  await sessions.revoke(refreshTokenOf(server, call).refreshToken);
  const { refreshCookie, sessionCookie } = settings;
  if (call.cookies.get(refreshCookie.name)) call.setCookies.push(refreshTokenCookie(settings, ''));
  if (call.cookies.get(sessionCookie.name)) call.setCookies.push(sessionTokenCookie(settings, ''));
  return { status: 204 };
}

function me(_server: Server, { query }: Call, user: User | undefined): Reply {
  if (!user) throw invalidCredentials();
  const fields = query.get('fields')?.split(',') ?? ['*'];
  const profile = { id: user.id, email: user.email, first_name: user.firstName ?? null, role: roleOf(user) };
  if (fields.includes('*')) return ok(profile);
  return ok(Object.fromEntries(Object.entries(profile).filter(([name]) => fields.includes(name))));
}

/** An administrator may; anybody else needs a permission, and there are none here. Only the first name changes. */
function updateMe(server: Server, call: Call, user: User | undefined): Reply {
  if (!user) throw invalidCredentials();
  if (!isAdmin(user)) throw forbidden('directus_users');
  const { first_name: firstName } = call.body;
  if (typeof firstName === 'string') user.firstName = firstName;
  return me(server, call, user);
}

/** The answer of login and refresh: tokens go where the mode says, `expires` is a relative time in ms. */
function issue({ settings }: Server, { setCookies }: Call, mode: Mode, { user, refreshToken }: Rotation): Reply {
  const { accessTokenTtl, sessionCookieTtl, secret, now } = settings;
  const claims = { id: user.id, role: roleOf(user), app_access: isAdmin(user), admin_access: isAdmin(user) };
  if (mode === 'session') {
    const token = sign({ ...claims, session: refreshToken }, secret, sessionCookieTtl, now());
    setCookies.push(sessionTokenCookie(settings, token));
    return ok({ expires: sessionCookieTtl * 1000 });
  }
  const expires = accessTokenTtl * 1000;
  const access_token = sign(claims, secret, accessTokenTtl, now());
  if (mode === 'json') return ok({ expires, refresh_token: refreshToken, access_token });
  setCookies.push(refreshTokenCookie(settings, refreshToken));
  return ok({ expires, access_token });
}

function isAdmin(user: User): boolean {
  return user.admin ?? false;
}

function roleOf(user: User): string | null {
  return isAdmin(user) ? ADMIN_ROLE : null;
}

function ok(data: object): Reply {
  return { status: 200, body: { data } };
}

function replyToError(error: unknown): Reply {
  if (!(error instanceof DirectusError)) throw error;
  return { status: error.status, body: errorBody(error) };
}

function toAnswer({ corsOrigin }: Settings, request: ReceivedRequest, { status, body }: Reply, setCookies: string[]): Answer {
  const headers: Array<[string, string]> = setCookies.map((cookie) => ['Set-Cookie', cookie]);
  if (corsOrigin !== undefined) headers.push(...corsHeaders(corsOrigin, request));
  if (status < 300 && typeof body !== 'string' && request.method !== 'OPTIONS') headers.push(['Cache-Control', 'no-cache']);
  if (body === undefined) return { status, headers, body: '' };
  if (typeof body === 'string') return { status, headers: [...headers, ['Content-Type', 'text/html; charset=utf-8']], body };
  return { status, headers: [...headers, ['Content-Type', 'application/json; charset=utf-8']], body: JSON.stringify(body) };
}

function corsHeaders(origin: string, { method }: ReceivedRequest): Array<[string, string]> {
  const headers: Array<[string, string]> = [
    ['Access-Control-Allow-Origin', origin],
    ['Access-Control-Allow-Credentials', 'true'],
    ['Access-Control-Expose-Headers', 'Content-Range'],
    ['Vary', 'Origin'],
  ];
  if (method !== 'OPTIONS') return headers;
  return [
    ...headers,
    ['Access-Control-Allow-Methods', 'GET,POST,PATCH,DELETE'],
    ['Access-Control-Allow-Headers', 'Content-Type,Authorization'],
    ['Access-Control-Max-Age', '18000'],
  ];
}
