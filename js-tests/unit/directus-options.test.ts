import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { directus, type DirectusOptions } from '../../js/directus.ts';
import type { AuthOptions } from '../../js/types.ts';
import { SharedStore } from '../support/shared-store.ts';

/** The mode that a login asks for. */
async function modeOf(options: Partial<DirectusOptions>, more: Partial<AuthOptions> = {}): Promise<string> {
  let mode = '';
  const auth = tokenkeep({
    provider: directus({ url: 'https://cms.example.com', ...options }),
    secret: 'a secret of more than thirty-two characters',
    fetch: async (_, init) => {
      mode = JSON.parse(String(init?.body)).mode;
      return new Response(null, { status: 503 });
    },
    ...more,
  });
  const login = auth.handle(new Request('https://app.example.com/'), async (_, locals) => {
    await locals.login({ email: 'ada@example.com', password: 'x' }).catch(() => {});
    return new Response();
  });
  await login;
  return mode;
}

test('the default mode is json, and session with the relay', async () => {
  assert.deepEqual([await modeOf({}), await modeOf({ relay: true }), await modeOf({ mode: 'cookie' })], ['json', 'session', 'cookie']);
});

test('row 7: in an isolate without a store the default is session mode', async (t) => {
  Object.assign(globalThis, { EdgeRuntime: 'edge-runtime' });
  t.after(() => Reflect.deleteProperty(globalThis, 'EdgeRuntime'));
  assert.equal(await modeOf({}), 'session');
  assert.equal(await modeOf({ mode: 'json' }), 'json', 'who says a mode gets it');
  assert.equal(await modeOf({}, { store: new SharedStore() }), 'json');
});
