/** `tokenkeep/express` in Express 5. */
import express from 'express';
import type { ErrorRequestHandler, Response } from 'express';
import { tokenkeep } from '../../../../js/adapters/express.ts';
import { backToLogin } from '../back-to-login.ts';
import { events } from '../events.ts';
import { options } from '../options.ts';
import { serve } from '../serve.ts';
import { codeOf, errorCode, SENT_MS } from '../web-routes.ts';

const auth = tokenkeep(options);

const app = express();
// Or Express prints every error that it answers.
app.set('env', 'test');
app.use(auth.handle);
app.use(express.json({ strict: false }));

app.get('/plain', (_, res) => res.send('plain'));
app.get('/state', (_, res) => {
  const { session, how } = res.locals.auth;
  res.json({ session, how });
});
app.get('/me', async (_, res) => {
  const answer = await res.locals.auth.fetch(`${res.locals.auth.providerUrl}/users/me?fields=email`);
  const { data } = (await answer.json()) as { data: object };
  res.json({ ...data, how: res.locals.auth.how });
});
app.get('/forced', async (_, res) => {
  await res.locals.auth.getAccessToken({ refresh: true });
  res.json({ how: res.locals.auth.how, generation: res.locals.auth.session?.generation });
});
app.get('/private', (_, res) => res.json({ session: res.locals.auth.require({ redirectTo: '/login' }) }));
app.get('/members', (_, res) => res.json({ session: res.locals.auth.require() }));
app.post('/login', async (req, res) => res.json(await res.locals.auth.login(req.body)));
app.post('/logout', async (_, res) => {
  await res.locals.auth.logout();
  res.json({});
});
app.post('/update', async (req, res) => res.json(await res.locals.auth.update(req.body)));
app.post('/auth/login', async (_, response) => {
  response.redirect(303, await response.locals.auth.signIn({ returnTo: '/account' }));
});
app.get('/auth/callback', async (request, response) => {
  response.redirect(303, await response.locals.auth.callback(request.url).catch(backToLogin));
});
app.post('/auth/logout', async (_, response) => {
  response.redirect(303, await response.locals.auth.logout());
});
app.all('/renew', auth.renewRoute);
app.get('/decorated', (_, res) => {
  res.cookie('theme', 'dark');
  // What is given to `writeHead` replaces what was set before.
  const cookies = [res.getHeader('set-cookie') as string, 'language=en; Path=/'];
  res.writeHead(200, { 'set-cookie': cookies, 'cache-control': 'max-age=60', vary: 'Accept-Language' }).end('decorated');
});
app.get('/redirect', (_, res) => res.redirect('/plain'));
app.get('/error', () => {
  throw new Error('the route failed');
});
app.get('/not-modified', (_, res) => void res.writeHead(304, ['etag', '"1"']).end());
app.get('/stream', (_, res) => inTwoChunks(res, async () => 'last'));
app.get('/late-refresh', (_, res) =>
  inTwoChunks(res, async () => {
    await res.locals.auth.getAccessToken({ refresh: true });
    return String(res.locals.auth.how);
  }),
);
app.get('/late-login', (_, res) =>
  inTwoChunks(res, () => codeOf(res.locals.auth.login({ email: 'admin@example.com', password: 'password' }))),
);
app.get('/late-logout', (_, res) => inTwoChunks(res, () => codeOf(res.locals.auth.logout())));
app.get('/late-sign-in', (_, res) => inTwoChunks(res, () => codeOf(res.locals.auth.signIn())));
app.get('/sub', async (req, res) => {
  const url = `http://${req.headers.host}/me`;
  const me = async () => (await fetch(url, { headers: { cookie: req.headers.cookie ?? '' } })).json();
  res.json(await Promise.all([me(), me(), me()]));
});
app.get('/events', (_, res) => res.json(events));

app.use(auth.handleError);
const answerAuthErrors: ErrorRequestHandler = (error, _, res, next) => {
  const code = errorCode(error);
  if (code === undefined) return next(error);
  res.status(400).json({ code });
};
app.use(answerAuthErrors);

async function inTwoChunks(response: Response, last: () => Promise<string>): Promise<void> {
  response.type('text').write('first ');
  await new Promise((resolve) => setTimeout(resolve, SENT_MS));
  response.end(await last().catch(String));
}

serve(app);
