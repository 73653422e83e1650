/** The same idea with sign-in at any OpenID Connect provider. */
import process from 'node:process';
import { isAuthError } from 'tokenkeep';
import { type Auth, tokenkeep } from 'tokenkeep/fetch';
import { oidc } from 'tokenkeep/oidc';
import { buttonForm, escape, html } from './html.ts';
import { serve } from './serve.ts';

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
  'GET /': () => html('<p><a href="/account">Your account</a></p>'),
  'GET /login': () => html(`<h1>Sign in</h1>${buttonForm('/login', 'Sign in')}`),
  'POST /login': (request, session) => auth.signIn(request, session, { returnTo: '/account' }),
  'GET /auth/callback': (request, session) => auth.callback(request, session).catch(explain),
  'POST /logout': (request, session) => auth.logout(request, session),
  'GET /account': async (_, session) => {
    session.require({ redirectTo: '/login' });
    const { who } = await report(session);
    return html(`<h1>Account</h1><p>Signed in as ${escape(who ?? 'somebody')}</p>${buttonForm('/logout', 'Sign out')}`);
  },
  'GET /api/me': async (_, session) => {
    const found = await report(session);
    return Response.json(found, { status: found.error === null ? 200 : session.session ? 503 : 401 });
  },
  'POST /auth/renew': auth.renewRoute,
};

serve((request) => {
  const route = routes[`${request.method} ${new URL(request.url).pathname}`];
  return auth.handle(request, route ?? (() => new Response('not found', { status: 404 })));
});

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
  return html(`<p role="alert">Signing in did not work (${error.code}).</p>${buttonForm('/login', 'Sign in')}`, error.retryable ? 503 : 400);
}
