/** Express 5 with sign-in at any OpenID Connect provider. */
import process from 'node:process';
import express from 'express';
import { type Auth, tokenkeep } from 'tokenkeep/express';
import { isAuthError } from 'tokenkeep';
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

const app = express();
app.use(auth.handle);

app.get('/', (_, response) => {
  response.send(page('<p><a href="/account">Your account</a></p>'));
});
app.get('/login', ({ query }, response) => {
  const failed = query['error'] ? '<p role="alert">Signing in did not work. Try again.</p>' : '';
  response.send(page(`<h1>Sign in</h1>${failed}${button('/login', 'Sign in')}`));
});
app.post('/login', async (_, response) => {
  response.redirect(303, await response.locals.auth.signIn({ returnTo: '/account' }));
});
app.get('/auth/callback', async (request, response) => {
  response.redirect(303, await response.locals.auth.callback(request.url).catch(backToLogin));
});
app.post('/logout', async (_, response) => {
  response.redirect(303, await response.locals.auth.logout());
});
app.get('/account', async (_, response) => {
  response.locals.auth.require({ redirectTo: '/login' });
  const { who, error } = await report(response.locals.auth);
  const text = who ? `Signed in as ${escape(who)}` : `The API could not be asked: ${error}`;
  response.status(who ? 200 : 503).send(page(`<h1>Account</h1><p>${text}</p>${button('/logout', 'Sign out')}`));
});
app.get('/api/me', async (_, response) => {
  const found = await report(response.locals.auth);
  response.status(found.error === null ? 200 : found.signedIn ? 503 : 401).json(found);
});
app.post('/auth/renew', auth.renewRoute);
app.use(auth.handleError);

app.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`));

/** What this request found out. Never a token. */
async function report(auth: Auth) {
  let who: string | null = null;
  let error: string | null = null;
  try {
    const response = await auth.fetch(`${auth.providerUrl}/me`);
    if (response.ok) who = ((await response.json()) as { user: string }).user;
    else error = `it answered ${response.status}`;
  } catch (cause) {
    error = isAuthError(cause) ? cause.code : 'it did not answer';
  }
  const { session, how } = auth;
  const { generation = null, expiresAt = null } = session ?? {};
  return { signedIn: session !== null, how, generation, expiresAt, who, error };
}

/** Where a sign-in that failed leads: to the button, with the reason. */
function backToLogin(error: unknown): string {
  if (!isAuthError(error)) throw error;
  return `/login?error=${error.code}`;
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tokenkeep with Express</title>
${body}`;
}

function button(action: string, label: string): string {
  return `<form method="post" action="${action}"><button>${label}</button></form>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
