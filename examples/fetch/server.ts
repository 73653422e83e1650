/**
 * A server that runs unchanged in Node, Deno, Bun and workerd. It signs in at Directus and shows who is there.
 *
 * In workerd `node:http` and bindings in `process.env` take a compatibility date from 2026-08-04 on, or `nodejs_compat` and one from 2025-08-15 on.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { Readable } from 'node:stream';
import { isAuthError } from 'tokenkeep';
import { directus } from 'tokenkeep/directus';
import { type Auth, tokenkeep } from 'tokenkeep/fetch';

const { DIRECTUS_URL = '', TOKENKEEP_SECRET, PORT = '3000' } = process.env;

const auth = tokenkeep({ provider: directus({ url: DIRECTUS_URL }), secret: TOKENKEEP_SECRET });

const loginForm = `<h1>Sign in</h1>
<form method="post" action="/login">
<p><label>E-mail<br><input name="email" type="email" autocomplete="username" required></label>
<p><label>Password<br><input name="password" type="password" autocomplete="current-password" required></label>
<p><label><input name="remember" type="checkbox" checked> Remember me</label>
<p><button>Sign in</button>
</form>`;
const logoutForm = '<form method="post" action="/logout"><button>Sign out</button></form>';

type Route = (request: Request, auth: Auth) => Response | Promise<Response>;

const routes: Record<string, Route> = {
  'GET /': (_, { session }) => (session ? seeOther('/account') : html(loginForm)),
  'GET /login': () => html(loginForm),
  'POST /login': logIn,
  'POST /logout': async (_, auth) => {
    await auth.logout();
    return seeOther('/');
  },
  'GET /account': async (_, auth) => {
    auth.require({ redirectTo: '/login' });
    const { who } = await report(auth);
    return html(`<h1>Account</h1><p>Signed in as ${escape(who ?? 'somebody')}</p>${logoutForm}`);
  },
  'GET /api/me': async (_, auth) => {
    const found = await report(auth);
    return Response.json(found, { status: found.error === null ? 200 : auth.session ? 503 : 401 });
  },
  'POST /auth/renew': auth.renewRoute,
};

function fetch(request: Request): Promise<Response> {
  const route = routes[`${request.method} ${new URL(request.url).pathname}`];
  return auth.handle(request, route ?? (() => new Response('not found', { status: 404 })));
}

async function logIn(request: Request, auth: Auth): Promise<Response> {
  const form = await request.formData();
  const [email, password] = [String(form.get('email')), String(form.get('password'))];
  try {
    await auth.login({ email, password }, { remember: form.has('remember') });
    return seeOther('/account');
  } catch (error) {
    if (!isAuthError(error)) throw error;
    const rejected = error.code === 'ERR_LOGIN_REJECTED';
    const message = rejected ? 'Wrong e-mail or password.' : `Not possible right now (${error.code}).`;
    return html(`<p role="alert">${message}</p>${loginForm}`, error.retryable ? 503 : 400);
  }
}

/** What this request found out. Never a token. */
async function report(auth: Auth) {
  let who: string | null = null;
  let error: string | null = null;
  try {
    const response = await auth.fetch(`${auth.providerUrl}/users/me?fields=email`);
    const { data } = (await response.json()) as { data?: { email: string } };
    who = data?.email ?? null;
    if (!response.ok) error = `Directus answered ${response.status}`;
  } catch (cause) {
    error = isAuthError(cause) ? cause.code : 'Directus did not answer';
  }
  const { session, how } = auth;
  const { generation = null, expiresAt = null } = session ?? {};
  if (!session) error ??= 'nobody is signed in';
  return { signedIn: session !== null, how, generation, expiresAt, who, error };
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

function html(body: string, status = 200): Response {
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tokenkeep</title>
<link rel="icon" href="data:,">
${body}`;
  return new Response(page, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function failed(error: unknown): Response {
  console.error(error);
  return new Response('the server failed', { status: 500 });
}

const hostname = '127.0.0.1';
const port = Number(PORT);

/** `deno serve`, Bun and workerd serve this as it is; Node.js has requests and responses of its own. */
export default { hostname, port, fetch };

if (navigator.userAgent.startsWith('Node.js')) {
  const server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url, headers } = incoming;
    const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream);
    const init = { method, headers: headers as Record<string, string>, body, duplex: 'half' };
    const response = await fetch(new Request(`http://${headers.host}${url}`, init)).catch(failed);
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  const listening = () => console.log(`listening on http://localhost:${(server.address() as AddressInfo).port}`);
  server.listen(port, hostname, listening);
}
