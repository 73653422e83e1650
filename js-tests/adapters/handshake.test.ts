/** Answers that can be neither changed nor copied, as those to a WebSocket's handshake are in Deno and Bun. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hono } from 'hono';
import { tokenkeep as fetchAdapter } from '../../js/adapters/fetch.ts';
import { tokenkeep as honoAdapter } from '../../js/adapters/hono.ts';
import { directus } from '../../js/directus.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, tokenAnswer } from '../support/core.ts';

const credentials = { email: 'ada@example.com', password: 'correct horse' };

function setUp() {
  const events: AuthEvent['type'][] = [];
  const options: AuthOptions = {
    provider: directus({ url: PROVIDER_URL }),
    secret: SECRET,
    fetch: (async () => tokenAnswer()) as Fetch,
    onEvent: ({ type }) => events.push(type),
  };
  return { events, options };
}

test('tokenkeep/fetch passes them on as they are, and says that the cookie was not handed over', async () => {
  const { events, options } = setUp();
  for (const answer of [Response.error(), undefined as never]) {
    const given = await fetchAdapter(options).handle(new Request('http://app/'), async (_, auth) => {
      await auth.login(credentials);
      return answer;
    });
    assert.equal(given, answer);
    assert.equal(events.pop(), 'handoffPending');
  }
});

test('tokenkeep/hono passes them on as they are, and says that the cookie was not handed over', async () => {
  const { events, options } = setUp();
  const answer = Response.error();
  const app = new Hono();
  app.use(honoAdapter(options).handle);
  app.get('/', async (c) => {
    await c.get('auth').login(credentials);
    return answer;
  });
  assert.equal(await app.request('/'), answer);
  assert.deepEqual(events, ['handoffPending']);
});
