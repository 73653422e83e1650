/** Which tokens a request renews where its context says so (`RequestPort.renews`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestAuth, RequestPort } from '../../js/auth.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';
import { later } from '../support/request.ts';

/** Seconds that the tokens of these tests live; the leeway is 30. */
const TTL = 900;

async function setUp() {
  const asked: string[] = [];
  const fetch = (async (url: string) => {
    asked.push(url.slice(PROVIDER_URL.length));
    return tokenAnswer(`access ${asked.length}`, `refresh ${asked.length}`, TTL);
  }) as Fetch;
  const manager = new TokenManager({ provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch }, true);
  const cookies = await signIn(manager);
  asked.length = 0;
  const request = (renews: RequestPort['renews'], more: Partial<RequestPort> = {}): Promise<RequestAuth> =>
    manager.forRequest({ cookies, writer: { open: renews !== 'never', set: () => renews !== 'never' }, renews, ...more }) as Promise<RequestAuth>;
  return { asked, cookies, request };
}

test('where nothing may be renewed an expired session is still one, and its token is a typed error', async () => {
  const { asked, request } = await setUp();
  await later(TTL + 1, async () => {
    const auth = await request('never');
    assert.equal(auth.require({ redirectTo: '/login' }).generation, 0);
    for (const refresh of [false, true]) await assert.rejects(auth.getAccessToken({ refresh }), { code: 'ERR_HEADERS_SENT' });
    assert.deepEqual([auth.how, asked], [null, []]);
  });
});

test('where nothing may be renewed a token that is due is kept', async () => {
  const { asked, request } = await setUp();
  await later(TTL - 2, async () => {
    const auth = await request('never');
    assert.deepEqual([auth.how, await auth.getAccessToken(), asked], ['kept', 'access 1', []]);
  });
});

test('where nothing may be renewed what another request renewed is adopted, also while it does so', async () => {
  const { asked, request } = await setUp();
  await later(TTL + 1, async () => {
    const [renewing, waiting] = await Promise.all([request('due'), request('never')]);
    const after = await request('never');
    assert.deepEqual([renewing.how, waiting.how, after.how], ['refreshed', 'waited', 'adopted']);
    for (const auth of [renewing, waiting, after]) assert.equal(await auth.getAccessToken(), 'access 1');
    assert.deepEqual(asked, ['/auth/refresh']);
  });
});

for (const { left, how } of [{ left: 20, how: 'kept' }, { left: 4, how: 'refreshed' }, { left: -1, how: 'refreshed' }]) {
  test(`a request that may be a prefetch, with ${left} seconds left: the token is ${how}`, async () => {
    const { asked, request } = await setUp();
    await later(TTL - left, async () => {
      const auth = await request('expired');
      assert.deepEqual([auth.how, asked.length], [how, how === 'kept' ? 0 : 1]);
    });
  });
}

test('a later stage of the request has the new tokens, and says how an earlier one came by them', async () => {
  const { asked, request } = await setUp();
  await later(TTL + 1, async () => {
    const { state, how } = await request('due');
    assert.ok(state.cookies.changed);
    const stage = await request('due', { cookies: state.cookies.forLater('theme=dark', how) });
    assert.deepEqual([how, stage.how, await stage.getAccessToken()], ['refreshed', 'refreshed', 'access 1']);
    assert.match(stage.state.cookies.header, /^theme=dark; /);
    assert.deepEqual([(await request('due', { cookies: state.cookies.header })).how, asked.length], ['fresh', 1]);
  });
});

test('a cookie that another site can set does not say how', async () => {
  const { request, cookies } = await setUp();
  assert.equal((await request('due', { cookies: `${cookies}; tokenkeep.how=refreshed` })).how, 'fresh');
});

test('what is no way to come by tokens is not said to be one', async () => {
  const { request, cookies } = await setUp();
  for (const said of ['<b>', 'fresh', '']) assert.equal((await request('due', { cookies: `${cookies}; __Host-tokenkeep.how=${said}` })).how, 'fresh');
});
