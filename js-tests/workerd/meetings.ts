/** Two requests that meet while the tokens of their session are renewed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertRenewed, type World } from '../contract/adapter/world.ts';
import { Browser, type Page } from '../support/browser.ts';
import { ARRIVED_MS, visit } from '../support/leaving.ts';

/** Where the requests go. */
export interface Place {
  readonly world: World;
  /** The first one's isolate, and the second one's: the same, or two with shared records. */
  readonly first: string;
  readonly second: string;
}

/** Defines the tests. `where` says in which isolates; `place` is asked when they run. */
export function meetings(where: string, place: () => Place): void {
  test(`${where}: two requests at once with one expired token cost one renewal`, async () => {
    const { world, first, second, email } = await expired(place());
    const pages = await Promise.all([first.get('/me'), second.get('/me')]);
    assert.deepEqual(pages.map(({ body }) => body.how).sort(), ['refreshed', 'waited']);
    for (const page of pages) assertServed(page, email);
    assert.equal(world.refreshes, 1);
  });

  test(`${where}: the client of the request that renews goes away, which is kept, and the one that waits is served`, async () => {
    const { world, first, second, email } = await expired(place());
    const leave = await held(world, () => visit(`${place().first}/me`, first));
    const follower = second.get('/me');
    await delay(ARRIVED_MS);
    await leave();
    world.provider.faults.release();
    const page = await follower;
    assertServed(page, email);
    assert.equal(page.body.how, 'waited');
    assert.equal(world.refreshes, 1);
  });

  test(`${where}: a client that waits goes away, and the others are served`, async () => {
    const { world, first, second, email } = await expired(place());
    const { renewing } = await held(world, () => ({ renewing: first.get('/me') }));
    const leave = visit(`${place().second}/me`, second);
    const follower = second.get('/me');
    await delay(ARRIVED_MS);
    await leave();
    world.provider.faults.release();
    for (const page of await Promise.all([renewing, follower])) assertServed(page, email);
    assert.equal(world.refreshes, 1);
  });

  test(`${where}: a logout waits for a renewal that another request has begun, and revokes what it brings`, async () => {
    const { world, first, second, later } = await signedIn(place());
    const { renewing } = await held(world, () => ({ renewing: first.get('/forced') }));
    const leaving = second.post('/logout');
    await delay(ARRIVED_MS);
    world.provider.faults.release();
    assert.equal((await leaving).status, 200);
    assert.deepEqual((await renewing).body, { code: 'ERR_SIGNED_OUT' });
    assert.deepEqual((await later.get('/state')).body, { session: null, how: null });
    const { logout, refresh } = world.provider.counters;
    assert.deepEqual({ logout, refresh }, { logout: 1, refresh: 1 });
  });
}

/** That the page has the user, and the new cookie. */
export function assertServed(page: Page, email: string): void {
  assert.deepEqual([page.status, page.body?.email], [200, email], page.text);
  assertRenewed(page);
}

/** One browser, several times: each with the cookies of this moment. */
async function signedIn({ world, first, second }: Place) {
  const { browser, email } = await world.signIn();
  const at = (url: string) => new Browser(url, browser.cookies);
  return { world, email, first: at(first), second: at(second), later: at(first) };
}

async function expired(place: Place): ReturnType<typeof signedIn> {
  const user = await signedIn(place);
  await place.world.expire();
  return user;
}

/** What `ask` gives, as soon as its renewal has reached the provider, which keeps it waiting. */
async function held<T>({ provider: { faults } }: World, ask: () => T): Promise<T> {
  faults.next('POST /auth/refresh', { kind: 'hang' });
  const asked = ask();
  await faults.whenHeld(1);
  return asked;
}
