import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from '../../support/browser.ts';
import type { Rows, World } from './world.ts';
import { assertServed, untilLeeway, withinOneToken } from './world.ts';

const ROUNDS = 5;

/** Five times: let the token expire, then send `count` requests that all carry the same old cookie. One in five calls the provider with it. */
async function oneRefreshPerRound({ signIn, refreshes, proxy }: World, count: number): Promise<void> {
  const { browser, user } = await signIn();
  for (let round = 1; round <= ROUNDS; round++) {
    const pages = await withinOneToken(async () => {
      await delay(2_000);
      proxy.resetCounts();
      return () => Promise.all(Array.from({ length: count }, (_, index) => browser.get(index % 5 ? '/token' : '/me')));
    });
    assert.deepEqual(pages.map(({ status }) => status), pages.map(() => 200), `round ${round}`);
    assertServed(pages.filter((_, index) => index % 5 === 0), user);
    assert.equal(refreshes(), 1, `round ${round}`);
  }
}

const inFiveRounds = (count: number): Rows => ({
  [`requests in parallel with one expired token, five rounds: ${count}`]: (world) => oneRefreshPerRound(world, count),
});

export const parallelRows: Rows = {
  ...inFiveRounds(1),
  ...inFiveRounds(5),
  ...inFiveRounds(20),
  ...inFiveRounds(100),

  'in cookie mode twenty requests with one expired token make one refresh': async ({ signIn, refreshes, proxy }) => {
    const { browser, user } = await signIn('cookie');
    const pages = await withinOneToken(async () => {
      await delay(2_000);
      proxy.resetCounts();
      return () => browser.parallel(20, '/me');
    });
    assertServed(pages, user);
    assert.equal(refreshes(), 1);
    assert.equal((await browser.post('/logout')).status, 200);
  },

  'in Directus session mode twenty requests inside the leeway make one refresh': async ({ signIn, refreshes }) => {
    const { browser, user, session } = await signIn('session');
    await untilLeeway(session);
    const pages = await browser.parallel(20, '/me');
    assertServed(pages, user);
    assert.equal(refreshes(), 1);
    assert.equal(pages.filter((page) => page.body.how === 'refreshed').length, 1);
    assertServed(await browser.parallel(20, '/me'), user);
    assert.equal(refreshes(), 1);
  },

  'three users at once never see each other': async ({ start, logIn, provider, refreshes, proxy }) => {
    const { browser } = await start('json');
    const users = await Promise.all([provider.createUser(), provider.createUser(), provider.createUser()]);
    const visitors = users.map((user) => ({ user, browser: browser.old([]) }));
    for (const visitor of visitors) await logIn(visitor.browser, visitor.user);

    const click = async (index: number): Promise<Page> => {
      const { user, browser } = visitors[index % 3] as (typeof visitors)[number];
      const page = await browser.get(index % 2 ? '/me' : '/sdk');
      assert.equal((page.body.data ?? page.body).email ?? user.email, user.email);
      return page;
    };
    const pages = await withinOneToken(async () => {
      await delay(2_000);
      proxy.resetCounts();
      return () => Promise.all(Array.from({ length: 99 }, (_, index) => click(index)));
    });
    for (const { status, body } of pages) assert.equal(status, 200, JSON.stringify(body));
    assert.equal(refreshes(), 3);
  },
};
