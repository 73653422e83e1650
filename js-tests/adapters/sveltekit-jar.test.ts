/** When SvelteKit's own jar has the session's cookies, and what `event.fetch` is then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestEvent } from '@sveltejs/kit';
import { tokenkeep } from '../../js/adapters/sveltekit.ts';
import { directus } from '../../js/directus.ts';
import type { Auth } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, tokenAnswer } from '../support/core.ts';

type Event = RequestEvent & { readonly locals: { auth: Auth } };

/** Signs somebody in within `resolve`, and goes on there with `then`. Resolves with the names of the cookies in the jar. */
async function signedIn(then: (event: Event, jar: string[]) => unknown, fetch: (url: string) => Promise<Response> = async () => new Response()): Promise<string[]> {
  const { handle } = tokenkeep({ provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch: (async () => tokenAnswer()) as Fetch });
  const jar: string[] = [];
  const event = {
    request: new Request('https://app.example/'),
    url: new URL('https://app.example/'),
    cookies: { set: (name: string) => jar.push(name) },
    fetch,
    locals: {},
    getClientAddress: () => '127.0.0.1',
  } as unknown as Event;
  const resolve = async () => {
    await event.locals.auth.login({ email: 'ada@example.com', password: 'correct horse' });
    await then(event, jar);
    return new Response();
  };
  await handle({ event, resolve });
  return jar;
}

for (const [url, isOwn] of [['/own', true], ['https://app.example:8443/', true], ['https://api.app.example/', true], ['https://other.example/', false]] as const) {
  test(`before a request to ${url} the jar ${isOwn ? 'has' : 'does not have'} the cookie`, async () => {
    await signedIn(async (event, jar) => {
      await event.fetch(url);
      assert.equal(jar.length > 0, isOwn);
    });
  });
}

test('once the answer is made the cookie is in the jar too: a hook around may throw a redirect', async () => {
  const jar = await signedIn((_, jar) => assert.equal(jar.length, 0));
  assert.equal(jar.length, 1);
});

test('a request that nobody awaits yet may fail, as it may without us', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  // So does SvelteKit: what streams is awaited when the page is.
  const fetch = (url: string) => {
    const answer = Promise.reject<Response>(new TypeError(`no ${url}`));
    answer.catch(() => {});
    return answer;
  };
  await signedIn(async ({ fetch }) => {
    const streamed = [fetch('https://api.example/'), fetch('http://[')];
    await new Promise(setImmediate);
    for (const answer of streamed) await assert.rejects(answer, TypeError);
  }, fetch);
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});
