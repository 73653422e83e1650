/** Requests that need no renewal: nothing is asked for, nothing is written. */
import assert from 'node:assert/strict';
import type { Page } from '../../support/browser.ts';
import { type Facts, type World, assertFresh } from './world.ts';

/** Everything in the headers but the time. */
function headersOf(page: Page): [string, string][] {
  return [...page.headers].filter(([name]) => name !== 'date');
}

/** The page of somebody who is not signed in, and nothing was written. */
async function assertSignedOut(world: World, cookies: Iterable<readonly [string, string]>): Promise<void> {
  const page = await world.browser().old(cookies).get('/state');
  assert.equal(page.status, 200);
  assert.deepEqual(page.body, { session: null, how: null });
  assert.deepEqual(page.setCookie, []);
}

export const freshFacts: Facts = {
  'a fresh request has the headers of one without a session': async (world) => {
    const { browser } = await world.signIn();
    const [anonymous, fresh] = [await world.browser().get('/plain'), await browser.get('/plain')];
    assert.equal(fresh.status, 200);
    assert.deepEqual(headersOf(fresh), headersOf(anonymous));
  },

  'a fresh request waits for nobody: it is served while the provider is away': async (world) => {
    const { browser, session } = await world.signIn();
    await world.provider.goOffline();
    try {
      const page = await browser.get('/state');
      assert.deepEqual([page.status, page.body], [200, { session, how: 'fresh' }]);
    } finally {
      await world.provider.goOnline();
    }
    const { login, refresh, logout, me } = world.provider.counters;
    assert.deepEqual({ login, refresh, logout, me }, { login: 0, refresh: 0, logout: 0, me: 0 });
  },

  'the token of a fresh request is the user\'s': async (world) => {
    await assertFresh(await world.signIn());
    assert.equal(world.refreshes, 0);
  },

  'a request without a cookie is a signed-out request': (world) => assertSignedOut(world, []),

  'a cookie that was tampered with is a signed-out request, with status 200': async (world) => {
    const { browser } = await world.signIn();
    for (const change of [flipped, (value: string) => value.slice(0, -5), () => 'garbage', () => '']) {
      await assertSignedOut(world, [...browser.cookies].map(([name, value]) => [name, change(value)] as const));
    }
  },
};

/** One character in the middle is another one. */
function flipped(value: string): string {
  const at = value.length >> 1;
  return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
}
