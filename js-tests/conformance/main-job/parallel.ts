import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Rows, World } from './world.ts';
import { assertServed, nextSecond, untilLeeway } from './world.ts';

const ROUNDS = 5;

/** Five times: let the token expire, then send `count` requests that all carry the same old cookie. */
async function oneRefreshPerRound({ signIn, refreshes, proxy }: World, count: number): Promise<void> {
  const { browser, user } = await signIn();
  for (let round = 1; round <= ROUNDS; round++) {
    await delay(2_000);
    await nextSecond();
    proxy.resetCounts();
    assertServed(await browser.parallel(count, '/me'), user);
    assert.equal(refreshes(), 1, `round ${round}`);
  }
}

const inFiveRounds = (count: number): Rows => ({
  [`requests in parallel with one expired token, five rounds: ${count}`]: (world) => oneRefreshPerRound(world, count),
});

/** Run alone: a round has to be over before the new token, which lives for two seconds, is due again. */
export const hundredRow: Rows = inFiveRounds(100);

export const parallelRows: Rows = {
  ...inFiveRounds(1),
  ...inFiveRounds(5),
  ...inFiveRounds(20),

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

  'three users at once never see each other': async ({ start, logIn, provider }) => {
    const { app, browser } = await start('json');
    const users = await Promise.all([provider.createUser(), provider.createUser(), provider.createUser()]);
    const visitors = users.map((user) => ({ user, browser: browser.old([]) }));
    for (const visitor of visitors) await logIn(visitor.browser, visitor.user);
    await delay(2_000);
    await nextSecond();
    const clicks = Array.from({ length: 99 }, async (_, index) => {
      const { user, browser } = visitors[index % 3] as (typeof visitors)[number];
      const page = await browser.get(index % 2 ? '/me' : '/sdk');
      assert.equal(page.status, 200, JSON.stringify(page.body));
      assert.equal((page.body.data ?? page.body).email, user.email);
    });
    await Promise.all(clicks);
    const refreshed = app.events.filter((event) => event.type === 'refreshed');
    assert.equal(new Set(refreshed.map((event) => event.sessionId)).size, 3);
    assert.equal(refreshed.length, 3);
  },
};
