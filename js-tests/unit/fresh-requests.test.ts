import assert from 'node:assert/strict';
import test from 'node:test';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { Auth } from '../../js/types.ts';
import { SharedStore } from '../support/shared-store.ts';

test('requests with a fresh token do not touch a shared store', async (t) => {
  const provider = await startDirectusStandIn();
  t.after(() => provider.close());
  const store = new SharedStore();
  const auth = tokenkeep({
    provider: directus({ url: provider.url }),
    secret: 'a secret of thirty-two characters',
    store,
  });
  const request = (cookie: string, next: (auth: Auth) => Promise<unknown>) =>
    auth.handle(new Request('http://app.test/', { headers: { cookie } }), async (_, mine) => {
      await next(mine);
      return new Response();
    });
  const credentials = { email: 'admin@example.com', password: 'password' };
  const login = await request('', (mine) => mine.login(credentials));
  const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  store.down = true;
  for (let round = 0; round < 100; round++) {
    const response = await request(cookie, async (mine) => {
      await mine.getAccessToken();
      assert.equal(mine.how, 'fresh');
    });
    assert.deepEqual(response.headers.getSetCookie(), []);
  }
  assert.deepEqual(store.calls, []);
  // The same store is asked as soon as a token has to be newer.
  await request(cookie, (mine) => assert.rejects(mine.getAccessToken({ refresh: true })));
  assert.ok(store.calls.length > 0);
});
