/**
 * The same idea with sign-in at any OpenID Connect provider, for Node.js. Deno and Bun serve `fetch` as at the end of
 * server.ts.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { Readable } from 'node:stream';
import { isAuthError } from 'tokenkeep';
import { type Auth, tokenkeep } from 'tokenkeep/fetch';
import { oidc } from 'tokenkeep/oidc';

const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, API_URL, ORIGIN, TOKENKEEP_SECRET, PORT = '3000' } = process.env;

const auth = tokenkeep({
  provider: oidc({
    issuer: OIDC_ISSUER,
    clientId: OIDC_CLIENT_ID,
    clientSecret: OIDC_CLIENT_SECRET,
    redirectUri: `${ORIGIN ?? `http://localhost:${PORT}`}/auth/callback`,
    url: API_URL,
    parameters: { prompt: 'consent' },
  }),
  secret: TOKENKEEP_SECRET,
  onLogin: ({ claims }) => ({ name: claims?.['name'] ?? null }),
});

type Route = (request: Request, session: Auth) => Response | Promise<Response>;

const routes: Record<string, Route> = {
  'GET /': () => html('<p><a href="/account">Your account</a>'),
  'GET /login': () => html(form('/login', 'Sign in')),
  'POST /login': (request, session) => auth.signIn(request, session, { returnTo: '/account' }),
  'GET /auth/callback': (request, session) => auth.callback(request, session).catch(explain),
  'POST /logout': (request, session) => auth.logout(request, session),
  'GET /account': async (_, session) => {
    session.require({ redirectTo: '/login' });
    const { who } = await report(session);
    return html(`<p>Signed in as ${escape(who ?? 'somebody')}</p>${form('/logout', 'Sign out')}`);
  },
  'GET /api/me': async (_, session) => {
    const found = await report(session);
    return Response.json(found, { status: found.error === null ? 200 : session.session ? 503 : 401 });
  },
  'POST /auth/renew': auth.renewRoute,
};

function fetch(request: Request): Promise<Response> {
  const route = routes[`${request.method} ${new URL(request.url).pathname}`];
  return auth.handle(request, route ?? (() => new Response('not found', { status: 404 })));
}

/** What this request found out. Never a token. */
async function report(auth: Auth) {
  let who: string | null = null;
  let error: string | null = null;
  try {
    const response = await auth.fetch(`${auth.providerUrl}/me`);
    if (response.ok) who = ((await response.json()) as { user: string }).user;
    else error = `the API answered ${response.status}`;
  } catch (cause) {
    error = isAuthError(cause) ? cause.code : 'the API did not answer';
  }
  const { session, how } = auth;
  const { generation = null, expiresAt = null } = session ?? {};
  return { signedIn: session !== null, how, generation, expiresAt, who, error };
}

function explain(error: unknown): Response {
  if (!isAuthError(error)) throw error;
  return html(`<p role="alert">${error.code}</p>${form('/login', 'Sign in')}`, error.retryable ? 503 : 400);
}

function form(action: string, label: string): string {
  return `<form method="post" action="${action}"><button>${label}</button></form>`;
}

function html(body: string, status = 200): Response {
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  return new Response(`<!doctype html><meta charset="utf-8"><title>tokenkeep</title>${body}`, { status, headers });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const server = createServer(async (incoming, outgoing) => {
  const { method = 'GET', url, headers } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream);
  const init = { method, headers: headers as Record<string, string>, body, duplex: 'half' };
  const response = await fetch(new Request(`http://${headers.host}${url}`, init)).catch((error: unknown) => {
    console.error(error);
    return new Response('the server failed', { status: 500 });
  });
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
});
