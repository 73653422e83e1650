/** What platforms hand to SvelteKit beside the request. In workerd: js-tests/workerd/sveltekit.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestEvent } from '@sveltejs/kit';
import { tokenkeep } from '../../js/adapters/sveltekit.ts';
import { directus } from '../../js/directus.ts';
import type { Auth } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, tokenAnswer } from '../support/core.ts';

/** An execution context: its method does not work without it. */
class Context {
  readonly #kept: Promise<unknown>[] = [];

  waitUntil(promise: Promise<unknown>): void {
    this.#kept.push(promise);
  }

  get count(): number {
    return this.#kept.length;
  }
}

/** Signs somebody in, with `platform` as an adapter of SvelteKit makes it. */
async function signIn(platform: unknown): Promise<Response> {
  const fetch = (async () => tokenAnswer()) as Fetch;
  const { handle } = tokenkeep({ provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch });
  const event = {
    request: new Request('https://app.example/'),
    cookies: { set() {} },
    fetch: globalThis.fetch,
    locals: {} as { auth: Auth },
    platform,
    getClientAddress: () => '127.0.0.1',
  };
  const resolve = async () => {
    await event.locals.auth.login({ email: 'ada@example.com', password: 'correct horse' });
    return new Response('in');
  };
  return handle({ event: event as unknown as RequestEvent, resolve });
}

for (const name of ['ctx', 'context']) {
  test(`what goes on after the answer is given to the waitUntil of platform.${name}`, async () => {
    const context = new Context();
    await signIn({ [name]: context });
    assert.ok(context.count > 0);
  });
}

test('a platform that cannot wait, and none, are no hindrance', async () => {
  for (const platform of [undefined, {}, { env: {} }, { context: {} }]) assert.equal((await signIn(platform)).status, 200);
});
