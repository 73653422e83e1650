import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../../js/types.ts';
import type { Rows, World } from './world.ts';
import { assertSignedOut, deletions, untilExpiry } from './world.ts';

/** How many of these refresh tokens the provider still accepts. Uses them up. */
async function alive({ provider }: World, tokens: readonly string[]): Promise<number> {
  const answers = tokens.map((refresh_token) =>
    fetch(`${provider.url}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token, mode: 'json' }),
    }),
  );
  return (await Promise.all(answers)).filter((answer) => answer.ok).length;
}

/** A browser whose two login forms were both sent before one was answered, and the cookies of either session in a jar of its own. */
async function twoLoginsAtOnce({ start, logIn, provider }: World, options?: Parameters<World['start']>[1]) {
  const [user, { app, browser }] = await Promise.all([provider.createUser(), start('json', options)]);
  await Promise.all([logIn(browser, user), logIn(browser, user)]);
  assert.equal(browser.cookies.size, 2);
  return { app, browser, user, each: [...browser.cookies].map((cookie) => browser.old([cookie])) };
}

export const endRows: Rows = {
  'a user who is suspended is signed out cleanly, and the cookie is deleted exactly once': async (world) => {
    const { signIn, refreshes, provider } = world;
    const { browser, user, session } = await signIn();
    await untilExpiry(session);
    await provider.suspend(user);
    const old = browser.old(browser.cookies);
    const pages = await browser.parallel(20, '/data');
    pages.forEach(assertSignedOut);
    assert.deepEqual(pages.flatMap(deletions), [...old.cookies.keys()]);
    assert.equal(pages.flatMap((page) => page.setCookie).length, 1);
    assert.equal(browser.cookies.size, 0);

    const late = await old.get('/data');
    assertSignedOut(late);
    assert.deepEqual(late.setCookie, []);
    assert.equal(refreshes(), 1);
  },

  'a logout that races a refresh leaves no living refresh token, twenty rounds': async (world) => {
    const { start, logIn, provider } = world;
    const { app, browser } = await start('json');
    const user = await provider.createUser();
    const visitors = Array.from({ length: 20 }, () => browser.old([]));
    let last: Session | undefined;
    for (const visitor of visitors) last = await logIn(visitor, user);
    await untilExpiry(last as Session);
    const rounds = visitors.map(async (visitor) => {
      const [token, logout] = await Promise.all([visitor.get('/token'), visitor.post('/logout')]);
      assert.equal(logout.status, 200);
      assert.ok(token.status === 200 || token.body.sessionEnded, JSON.stringify(token.body));
      assertSignedOut(await visitor.get('/data'));
    });
    await Promise.all(rounds);
    await app.happened('revoked', 20);
    assert.ok(app.issued.length > 20, 'no refresh ran beside a logout');
    assert.equal(await alive(world, app.issued), 0);
  },

  'after a logout no old cookie of the session is served': async (world) => {
    const { signIn } = world;
    const { app, browser } = await signIn();
    const old = browser.old(browser.cookies);
    const page = await browser.post('/logout');
    assert.deepEqual(deletions(page), [...old.cookies.keys()]);
    assert.equal(browser.cookies.size, 0);
    const late = await old.get('/data');
    assertSignedOut(late);
    assert.deepEqual(late.setCookie, []);
    assert.equal(await alive(world, app.issued), 0);
  },

  'a logout in Directus session mode revokes the session token': async ({ signIn, provider }) => {
    const { browser } = await signIn('session');
    const { token } = (await browser.get('/token')).body;
    const me = () => fetch(`${provider.url}/users/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await me()).status, 200);
    assert.equal((await browser.post('/logout')).status, 200);
    assert.equal((await me()).status, 401);
  },

  'a logout while the provider is down deletes the cookie, and revokes when it is back': async (world) => {
    const { signIn, proxy } = world;
    const { app, browser } = await signIn('json', { refresh: { maxWait: 0.3 } });
    await proxy.goOffline();
    const page = await browser.post('/logout');
    assert.deepEqual([page.status, deletions(page).length, browser.cookies.size], [200, 1, 0]);
    await proxy.goOnline();
    await app.happened('revoked');
    assert.equal(await alive(world, app.issued), 0);
  },

  'a logout waits for a refresh that hangs no longer than maxWait, and revokes what it brings': async (world) => {
    const { signIn, proxy } = world;
    const { app, browser, session } = await signIn('json', { refresh: { maxWait: 0.3 } });
    const old = browser.old(browser.cookies);
    await untilExpiry(session);
    proxy.faults.next('POST /auth/refresh', { kind: 'hang' });
    const waiting = old.get('/data');
    await proxy.faults.whenHeld();
    assert.equal((await browser.post('/logout')).status, 200);
    await waiting;
    proxy.faults.release();
    await app.happened('revoked');
    await delay(200);
    assert.equal(app.issued.length, 2);
    assert.equal(await alive(world, app.issued), 0);
    assertSignedOut(await old.get('/data'));
  },

  'a login ends the session that it replaces, at the provider too': async (world) => {
    const { signIn, logIn, provider } = world;
    const { app, browser, session } = await signIn();
    const old = browser.old(browser.cookies);
    const [replaced] = app.issued;
    const next = await logIn(browser, await provider.createUser());
    assert.notEqual(next.id, session.id);
    assert.equal(browser.cookies.size, 1);
    await app.happened('revoked');
    assert.equal(await alive(world, [String(replaced)]), 0);
    assertSignedOut(await old.get('/data'));
    assert.equal((await browser.get('/data')).body.session.id, next.id);
  },

  'of two logins at once in one browser a logout ends both sessions': async (world) => {
    const { app, browser, each } = await twoLoginsAtOnce(world);
    const page = await browser.post('/logout');
    assert.deepEqual([deletions(page).length, browser.cookies.size], [2, 0]);
    assert.equal(await alive(world, app.issued), 0);
    for (const old of each) assertSignedOut(await old.get('/data'));
    const ended = app.events.filter((event) => event.type === 'sessionEnded');
    assert.equal(new Set(ended.map((event) => event.sessionId)).size, 2);
  },

  'of two logins at once in one browser a logout ends both sessions although the provider is down': async (world) => {
    const { app, browser, each } = await twoLoginsAtOnce(world, { refresh: { maxWait: 0.3 } });
    await world.proxy.goOffline();
    assert.equal(deletions(await browser.post('/logout')).length, 2);
    for (const old of each) assertSignedOut(await old.get('/data'));
    await world.proxy.goOnline();
    await app.happened('revoked', 2);
    assert.equal(await alive(world, app.issued), 0);
  },

  'of two logins at once in one browser the next login ends both sessions': async (world) => {
    const { app, browser, user, each } = await twoLoginsAtOnce(world);
    const replaced = [...app.issued];
    const next = await world.logIn(browser, user);
    assert.equal(browser.cookies.size, 1);
    await app.happened('revoked', 2);
    assert.equal(await alive(world, replaced), 0);
    for (const old of each) assertSignedOut(await old.get('/data'));
    assert.equal((await browser.get('/data')).body.session.id, next.id);
  },

  'a late response of an old session can neither overwrite nor delete a new login': async (world) => {
    const { signIn, logIn, provider, proxy } = world;
    const { app, browser, user, session } = await signIn();
    await untilExpiry(session);
    const renewed = await browser.get('/token', { lost: true });
    assert.equal(renewed.setCookie.length, 1);
    const refused = browser.old(browser.cookies);

    proxy.faults.next('POST /auth/refresh', { kind: 'hang' });
    await delay(2_000);
    const late = browser.get('/data');
    await proxy.faults.whenHeld();
    const next = await logIn(browser, await provider.createUser());
    proxy.faults.release();
    await late;
    browser.receive(renewed.setCookie);
    assert.equal((await browser.get('/data')).body.session.id, next.id);

    await provider.suspend(user);
    browser.receive((await refused.get('/data')).setCookie);
    await app.happened('revoked');
    assert.equal((await browser.get('/data')).body.session.id, next.id);
    assert.equal((await browser.get('/token')).status, 200);
  },
};
