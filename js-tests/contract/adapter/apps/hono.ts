/** `tokenkeep/hono` behind `node:http`. */
import { Hono } from 'hono';
import { tokenkeep } from '../../../../js/adapters/hono.ts';
import { backToLogin } from '../back-to-login.ts';
import { options } from '../options.ts';
import { serveWeb } from '../serve-web.ts';
import { answerOf } from '../web-routes.ts';

const auth = tokenkeep(options);

const app = new Hono();
app.use(auth.handle);
app.all('/renew', auth.renewRoute);
app.post('/auth/login', async (c) => c.redirect(await c.get('auth').signIn({ returnTo: '/account' }), 303));
app.get('/auth/callback', async (c) => c.redirect(await c.get('auth').callback(c.req.url).catch(backToLogin), 303));
app.post('/auth/logout', async (c) => c.redirect(await c.get('auth').logout(), 303));
app.get('/redirect', (c) => c.redirect('/plain'));
app.get('/error', () => {
  throw new Error('the route failed');
});
app.get('/decorated', (c) => {
  c.header('set-cookie', 'theme=dark; Path=/', { append: true });
  c.header('set-cookie', 'language=en; Path=/', { append: true });
  c.header('cache-control', 'max-age=60');
  c.header('vary', 'Accept-Language');
  return c.text('decorated');
});
app.get('/sub', async (c) => {
  const me = async () => (await app.request('/me', { headers: { cookie: c.req.header('cookie') ?? '' } })).json();
  return c.json(await Promise.all([me(), me(), me()]));
});
app.all('*', async (c) => (await answerOf(c.get('auth'), c.req.raw)) ?? c.notFound());

serveWeb(async (request) => app.fetch(request));
