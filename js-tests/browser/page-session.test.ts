/** What a page's session lives on: timers, storages, and a driver that may trap. In Chromium. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import type { FakeDirectus } from './fixtures/page/fake-directus.ts';
import { startWorld, type World } from './page/world.ts';

const skip = withoutTool('chromium');

let world: World;

before(async () => {
  if (!skip) world = await startWorld();
});

after(() => world?.close());

test('row 4 (browser): 20 callers, 20 forced ones and the timer together cost one refresh', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const { fake, auth, login } = faked();
      await login();
      fake.ttlMs = 900_000;
      const used = await auth.getAccessToken();
      fake.intercept = async (_, answer) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return answer();
      };
      const callers = Array.from({ length: 40 }, (_, at) => auth.getAccessToken({ refresh: at % 2 === 0 }));
      const tokens = await Promise.all(callers);
      await auth.getAccessToken({ refresh: true });
      return { forced: new Set(tokens.filter((token) => token !== used)).size, refreshes: fake.count('refresh'), live: fake.live.size };
    }),
  );
  assert.deepEqual(seen, { forced: 1, refreshes: 2, live: 1 });
});

test('row 18 (browser): each change is stored once and whole, before anybody gets the new token', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const log: string[] = [];
      const stored = new Map<string, string>();
      const later = () => new Promise((resolve) => setTimeout(resolve, 20));
      const tokens = (text: string) => Object.values(JSON.parse(text).tokens).slice(0, 2).join('+');
      const storage = {
        get: (key: string) => later().then(() => stored.get(key)),
        set: (key: string, text: string) => later().then(() => stored.set(key, text) && log.push(`stored ${tokens(text)}`)),
        remove: (key: string) => later().then(() => stored.delete(key) && log.push('removed')),
      };
      const { auth, login } = faked({ storage, refresh: { ahead: false } });
      await login();
      log.push('signed in');
      const both = [auth.getAccessToken({ refresh: true }), auth.getAccessToken({ refresh: true })];
      for (const token of await Promise.all(both)) log.push(`given ${token}`);
      await auth.logout();
      return log;
    }),
  );
  assert.deepEqual(seen, [
    'stored access-1+refresh-1',
    'signed in',
    'stored access-2+refresh-2',
    'given access-2',
    'given access-2',
    'removed',
  ]);
});

for (const storage of ['localStorage', 'sessionStorage', 'memory'] as const) {
  const kept = storage !== 'memory';
  test(`a session in ${storage} is ${kept ? 'still there' : 'gone'} after a reload`, { skip }, async () => {
    const seen = await world.inPage(async (page) => {
      await page.evaluate(async (storage) => void (await faked({ storage }).login()), storage);
      const inMemory = await page.evaluate(() => localStorage.length + sessionStorage.length);
      await page.reload();
      await page.waitForFunction(() => document.title === 'Ready');
      const token = await page.evaluate(async (storage) => fate(faked({ storage }).auth.getAccessToken()), storage);
      return { stored: inMemory, token };
    });
    assert.deepEqual(seen, kept ? { stored: 1, token: 'fulfilled' } : { stored: 0, token: 'ERR_SIGNED_OUT' });
  });
}

test('whatever a storage holds or throws, the page is signed out and can sign in', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const contents: unknown[] = ['', 'null', '[]', '{"tokens":{}}', '{"id":"x"}', '\u0000', 'x'.repeat(2_000_000), 7, {}];
      const wrong: string[] = [];
      for (const content of contents) {
        const get = () => (content === 7 ? Promise.reject('no') : content);
        const storage = { get, set: () => Promise.reject('full'), remove: () => Promise.reject('no') };
        const { auth, login, events } = faked({ storage });
        if ((await auth.getSession()) !== null) wrong.push(`signed in with ${content}`);
        await login();
        const told = events.some(({ type }) => type === 'storeFailed');
        if ((await fate(auth.getAccessToken())) !== 'fulfilled' || !told) wrong.push(`not usable with ${content}`);
        await auth.logout();
        if (auth.session) wrong.push(`not signed out with ${content}`);
      }
      return wrong;
    }),
  );
  assert.deepEqual(seen, []);
});

// A clock that Playwright has stopped stands still in later pages too, so these come last.

/** Signs in at a fake Directus on a clock that stands still. */
async function signIn(page: Page, { ttlMs = 900_000, ahead = true } = {}): Promise<() => Promise<number>> {
  await page.clock.install({ time: 1_800_000_000_000 });
  await page.clock.pauseAt(1_800_000_001_000);
  await page.evaluate(
    async (options) => {
      const { fake, auth, login } = faked({ refresh: { ahead: options.ahead } });
      Object.assign(globalThis, { fake, auth });
      fake.ttlMs = options.ttlMs;
      await login();
    },
    { ttlMs, ahead },
  );
  return () => page.evaluate(() => (globalThis as never as { fake: FakeDirectus }).fake.count('refresh'));
}

test('a token is renewed when the leeway begins, without being asked for, again and again', { skip }, async () => {
  await world.inPage(async (page) => {
    const refreshes = await signIn(page);
    await page.clock.runFor(869_000);
    assert.equal(await refreshes(), 0);
    await page.clock.runFor(1_100);
    assert.equal(await refreshes(), 1);
    await page.clock.runFor(871_000);
    assert.equal(await refreshes(), 2);
  });
});

test('a timer that fires before the clock gets there is set again: the clocks of pages are coarse', { skip }, async () => {
  await world.inPage(async (page) => {
    const refreshes = await signIn(page);
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() - 100;
    });
    await page.clock.runFor(870_050);
    assert.equal(await refreshes(), 0);
    await page.clock.runFor(1_000);
    assert.equal(await refreshes(), 1);
  });
});

test('after a sleep the token is renewed when the page wakes, once', { skip }, async () => {
  await world.inPage(async (page) => {
    const refreshes = await signIn(page);
    // The clock has moved on, but no timer has fired: as after the sleep of a machine.
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 3_600_000;
      for (const event of ['focus', 'online', 'pageshow']) window.dispatchEvent(new Event(event));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.waitForFunction(() => (globalThis as never as { fake: FakeDirectus }).fake.count('refresh') > 0);
    assert.equal(await refreshes(), 1);
  });
});

test('row 23 (browser): no timer after logout, none when it is switched off, and none too long for setTimeout', { skip }, async () => {
  const loggedOut = await world.inPage(async (page) => {
    const refreshes = await signIn(page);
    await page.evaluate(() => (globalThis as never as { auth: ReturnType<typeof tokenkeep> }).auth.logout());
    await page.clock.runFor(1_000_000);
    return refreshes();
  });
  const off = await world.inPage(async (page) => {
    const refreshes = await signIn(page, { ahead: false });
    await page.clock.runFor(1_000_000);
    return refreshes();
  });
  const longest = await world.inPage(async (page) => {
    await page.evaluate(() => {
      const { setTimeout } = globalThis;
      const delays: number[] = [];
      const noting = (callback: () => void, ms: number) => delays.push(ms) && setTimeout(callback, ms);
      Object.assign(globalThis, { delays, setTimeout: noting });
    });
    return page.evaluate(async () => {
      const { fake, login } = faked();
      fake.ttlMs = 90 * 86_400_000;
      await login();
      return Math.max(...(globalThis as never as { delays: number[] }).delays);
    });
  });
  assert.deepEqual({ loggedOut, off, longest }, { loggedOut: 0, off: 0, longest: 2 ** 31 - 1 });
});
