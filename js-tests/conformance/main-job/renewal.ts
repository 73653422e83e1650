import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Rows, World } from './world.ts';
import { assertServed, nextSecond } from './world.ts';

function refusing(status: number, code: string) {
  return { kind: 'status', status, body: { errors: [{ message: '', extensions: { code } }] } } as const;
}

/** A data call is refused for another reason than the token's age; the answer is passed on as it is. */
async function notRenewed({ signIn, refreshes, proxy }: World, status: number, code: string): Promise<void> {
  const { browser, user } = await signIn('json');
  proxy.faults.next('GET /users/me', refusing(status, code));
  const page = await browser.get('/me');
  assert.deepEqual([page.status, page.body.errors[0].extensions.code], [status, code]);
  assertServed([await browser.get('/me')], user);
  assert.equal(refreshes(), 0);
}

const refusals: ReadonlyArray<[what: string, status: number, code: string]> = [
  ['a missing permission', 403, 'FORBIDDEN'],
  ['a 401 that does not speak of expiry', 401, 'INVALID_CREDENTIALS'],
  ['a 401 for a token that was just issued', 401, 'TOKEN_EXPIRED'],
];

const refusalRows: Rows = Object.fromEntries(
  refusals.map(([what, status, code]) => [
    `${what} does not refresh and is passed on`,
    (world: World) => notRenewed(world, status, code),
  ]),
);

export const renewalRows: Rows = {
  ...refusalRows,

  'a forced renewal refreshes once, however many ask at the same time': async ({ signIn, refreshes }) => {
    const { browser, user } = await signIn();
    await nextSecond();
    const pages = await browser.parallel(10, '/renew');
    for (const page of pages) assert.equal(page.status, 200);
    assert.equal(refreshes(), 1);
    assert.equal((await browser.get('/data')).body.session.generation, 1);
    assertServed([await browser.get('/me')], user);
  },

  'maxTokenAge renews a token that still works': async ({ signIn, refreshes }) => {
    await nextSecond();
    const { browser } = await signIn('session', { refresh: { leeway: 0, maxTokenAge: 1 } });
    assert.equal((await browser.get('/data')).body.how, 'fresh');
    await delay(1_050);
    assert.equal((await browser.get('/data')).body.how, 'refreshed');
    assert.equal((await browser.get('/data')).body.how, 'fresh');
    assert.equal(refreshes(), 1);
  },

  'nobody is signed in without a cookie, and nothing is asked of the provider': async ({ start, proxy }) => {
    const { browser } = await start('json');
    const [token, me, data] = await Promise.all([browser.get('/token'), browser.get('/me'), browser.get('/data')]);
    assert.deepEqual([token.status, token.body.code], [401, 'ERR_SIGNED_OUT']);
    assert.equal(me.status, 401);
    assert.equal(data.body.session, null);
    assert.equal(proxy.counts['POST /auth/refresh'], undefined);
    const page = await browser.get('/require');
    assert.deepEqual([page.status, page.headers.get('location')], [303, '/login']);
  },
};
