/** `tokenkeep/hono` behind `node:http`. */
import { Hono } from 'hono';
import { tokenkeep } from '../../../../js/adapters/hono.ts';
import { directus } from '../../../../js/directus.ts';
import { events } from '../events.ts';
import { serve } from '../serve.ts';
import { toListener } from '../web-listener.ts';
import { answerOf } from '../web-routes.ts';

const { DIRECTUS_URL = '', TOKENKEEP_SECRET } = process.env;
const auth = tokenkeep({
  provider: directus({ url: DIRECTUS_URL }),
  secret: TOKENKEEP_SECRET,
  onEvent: (event) => events.push(event),
});

const app = new Hono();
app.use(auth.handle);
app.all('/renew', auth.renewRoute);
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

serve(toListener(async (request) => app.fetch(request)));
