/** A server that runs unchanged in Node, Deno and Bun. It signs in at Directus and shows who is there. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { Readable } from 'node:stream';
import { isAuthError } from 'tokenkeep';
import { directus } from 'tokenkeep/directus';
import { type Auth, tokenkeep } from 'tokenkeep/fetch';

const { DIRECTUS_URL = '', TOKENKEEP_SECRET, PORT = '3000' } = process.env;

const auth = tokenkeep({ provider: directus({ url: DIRECTUS_URL }), secret: TOKENKEEP_SECRET });

type Route = (request: Request, auth: Auth) => Response | Promise<Response>;

const routes: Record<string, Route> = {
  'GET /': (_, { session }) => html(session ? '<p><a href="/account">Your account</a>' : loginForm),
  'GET /login': () => html(loginForm),
  'POST /login': logIn,
  'POST /logout': async (_, auth) => {
    await auth.logout();
    return seeOther('/');
  },
  'GET /account': async (_, auth) => {
    auth.require({ redirectTo: '/login' });
    const { who } = await report(auth);
    return html(`<p>Signed in as ${escape(who ?? 'somebody')}${logoutForm}`);
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
    return html(`<p role="alert">${error.code}${loginForm}`, error.retryable ? 503 : 400);
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

const loginForm = `<form method="post" action="/login">
<input name="email" type="email" required><input name="password" type="password" required>
<label><input name="remember" type="checkbox" checked> Remember me</label><button>Sign in</button></form>`;
const logoutForm = '<form method="post" action="/logout"><button>Sign out</button></form>';

function html(body: string, status = 200): Response {
  return new Response(`<!doctype html><meta charset="utf-8"><title>tokenkeep</title>${body}`, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}

function failed(error: unknown): Response {
  console.error(error);
  return new Response('the server failed', { status: 500 });
}

/** Deno and Bun serve such a function as it is; Node has requests and responses of its own. */
const { Deno, Bun } = globalThis as { Deno?: any; Bun?: any };
const hostname = '127.0.0.1';
const port = Number(PORT);
const listening = (at: { port: number }) => console.log(`listening on http://localhost:${at.port}`);

if (Deno) Deno.serve({ hostname, port, onListen: listening }, fetch);
else if (Bun) listening(Bun.serve({ hostname, port, fetch }));
else {
  const server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url, headers } = incoming;
    const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream);
    const init = { method, headers: headers as Record<string, string>, body, duplex: 'half' };
    const response = await fetch(new Request(`http://${headers.host}${url}`, init)).catch(failed);
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  server.listen(port, hostname, () => listening(server.address() as AddressInfo));
}
