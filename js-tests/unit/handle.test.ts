import assert from 'node:assert/strict';
import test from 'node:test';
import { Hono } from 'hono';
import { directus } from '../../js/directus.ts';
import { type Auth, tokenkeep } from '../../js/adapters/fetch.ts';
import { startDirectusStandIn } from '../../js/testing.ts';

const SECRET = 'a secret of more than thirty-two characters';

test('a response that an application returns to every visitor carries no visitor’s cookie to the next', async () => {
  await using standIn = await startDirectusStandIn();
  const user = { email: 'ada@example.com', password: 'correct horse' };
  standIn.addUser(user);
  const auth = tokenkeep({ provider: directus({ url: standIn.url }), secret: SECRET });
  const shared = new Response(null, { status: 204, headers: { 'cdn-cache-control': 'public, max-age=60' } });
  const request = () => new Request('https://app.example/');
  const first = await auth.handle(request(), async (_, session) => {
    await session.login(user);
    return shared;
  });
  assert.equal(first.headers.getSetCookie().length, 1);
  assert.deepEqual([first.headers.get('cache-control'), first.headers.get('cdn-cache-control')], ['private, no-store', 'no-store']);
  const second = await auth.handle(request(), () => shared);
  assert.deepEqual([second.headers.getSetCookie(), second.headers.get('cache-control')], [[], null]);
});

test('require ends the request through a router that answers errors by itself', async () => {
  const auth = tokenkeep({ provider: directus({ url: 'http://127.0.0.1:9' }), secret: SECRET });
  const app = new Hono<{ Bindings: { auth: Auth } }>();
  app.get('/inside', (c) => c.json(c.env.auth.require()));
  app.get('/away', (c) => c.json(c.env.auth.require({ redirectTo: '/login' })));
  const get = async (path: string) => {
    const response = await auth.handle(new Request(`https://app.example${path}`), (request, session) => app.fetch(request, { auth: session }));
    return [response.status, response.headers.get('location')];
  };
  assert.deepEqual([await get('/inside'), await get('/away')], [[401, null], [303, '/login']]);
});
