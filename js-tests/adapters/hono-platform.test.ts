/** What only Hono has: an execution context, `onError`, responses of others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { tokenkeep } from '../../js/adapters/hono.ts';
import { directus } from '../../js/directus.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, tokenAnswer } from '../support/core.ts';

function application(): Hono {
  const app = new Hono();
  const fetch = (async () => tokenAnswer()) as Fetch;
  app.use(tokenkeep({ provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch }).handle);
  return app;
}

const credentials = { email: 'ada@example.com', password: 'correct horse' };

test("what goes on after the answer is given to the platform's waitUntil", async () => {
  const app = application();
  app.get('/', async (c) => {
    await c.get('auth').login(credentials);
    return c.text('in');
  });
  const kept: Promise<unknown>[] = [];
  const context = { waitUntil: (promise: Promise<unknown>) => void kept.push(promise), passThroughOnException() {}, props: {} };
  const response = await app.request('/', {}, {}, context);
  assert.equal(response.headers.getSetCookie().length, 1);
  assert.ok(kept.length > 0);
  await Promise.all(kept);
});

test('an onError of the application sees what require throws as an HTTPException', async () => {
  const app = application();
  app.get('/', (c) => c.json(c.get('auth').require({ redirectTo: '/login' })));
  app.onError((error) => (error instanceof HTTPException ? error.getResponse() : new Response(null, { status: 500 })));
  const response = await app.request('/');
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/login']);
});

test('a response that the application has fetched gets the cookie too', async () => {
  const app = application();
  app.get('/', async (c) => {
    await c.get('auth').login(credentials);
    return fetch('data:text/plain,fetched');
  });
  const response = await app.request('/');
  assert.equal(await response.text(), 'fetched');
  assert.equal(response.headers.getSetCookie().length, 1);
  assert.equal(response.headers.get('vary'), 'Cookie');
});

test('renewRoute without handle says what is missing', async () => {
  const app = new Hono();
  app.post('/renew', tokenkeep({ provider: directus({ url: PROVIDER_URL }), secret: SECRET }).renewRoute);
  app.onError((error, c) => c.text(error.message));
  assert.match(await (await app.request('/renew', { method: 'POST' })).text(), /mount tokenkeep's `handle` first/);
});
