/** Middleware that an application and a part of it mount both: one session of the request, and one cookie of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import expressApp from 'express';
import { Hono } from 'hono';
import { tokenkeep as express } from '../../js/adapters/express.ts';
import { tokenkeep as hono } from '../../js/adapters/hono.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';

/** Every token is due. */
const options: AuthOptions = {
  provider: directus({ url: PROVIDER_URL }),
  secret: SECRET,
  refresh: { maxTokenAge: 0.001 },
  fetch: (async (url: string) => (url.endsWith('/logout') ? new Response(null, { status: 204 }) : tokenAnswer())) as Fetch,
};

/** What a part of the application answers to a signed-in user who signs out there. */
const apps: Readonly<Record<string, (cookie: string) => Promise<Response>>> = {
  async express(cookie) {
    const auth = express(options);
    const inner = expressApp.Router().use(auth.handle);
    inner.get('/logout', async (_, response) => response.send(await response.locals.auth.logout()));
    const server = expressApp().use(auth.handle).use('/inner', inner).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/inner/logout`, { headers: { cookie, connection: 'close' } });
    server.close();
    return response;
  },
  async hono(cookie) {
    const auth = hono(options);
    const inner = new Hono().use(auth.handle).get('/logout', async (c) => c.text(await c.get('auth').logout()));
    return new Hono().use(auth.handle).route('/inner', inner).request('/inner/logout', { headers: { cookie } });
  },
};

for (const [name, signOut] of Object.entries(apps)) {
  test(`tokenkeep/${name} mounted twice: a logout after a renewal deletes the cookie, and nothing sets it again`, async () => {
    const cookie = await signIn(new TokenManager(options, true));
    const setCookie = (await signOut(cookie)).headers.getSetCookie();
    const [name] = cookie.split('=');
    assert.deepEqual(setCookie.map((line) => line.split(';')[0]), [`${name}=`]);
  });
}
