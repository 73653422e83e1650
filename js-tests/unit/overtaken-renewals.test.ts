/** What a request does while a renewal of its own is under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SetCookie } from '../../js/cookies.ts';
import type { Fetch } from '../../js/web.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';
import { dataService, later, portOf, setUp } from '../support/request.ts';

/** One request, whose refresh is answered when `release` is called. */
async function renewing() {
  const refresh = Promise.withResolvers<void>();
  const fetch = (async (url: string, { body }: { body: string }) => {
    if (url.endsWith('/logout')) return new Response(null, { status: 204 });
    if (url.endsWith('/refresh')) await refresh.promise;
    return tokenAnswer(url.endsWith('/refresh') ? 'renewed' : body.includes('eve') ? 'of eve' : 'first');
  }) as Fetch;
  const { manager } = setUp([], { fetch });
  const jar = new Map<string, string>();
  const { port } = portOf({ cookies: await signIn(manager) });
  const set = (cookies: readonly SetCookie[]) => cookies.forEach(({ name, value }) => jar.set(name, value)) === undefined;
  const writer = { open: true, set };
  const auth = await manager.forRequest({ ...port, writer });
  const renewal = auth.getAccessToken({ refresh: true });
  const next = () => manager.forRequest(portOf({ cookies: [...jar].map((pair) => pair.join('=')).join('; ') }).port);
  return { auth, renewal, release: refresh.resolve, next, close: () => (writer.open = false) };
}

test('what is updated while a renewal is under way is not lost with it', async () => {
  const { auth, renewal, release, next } = await renewing();
  await auth.update({ theme: 'dark' });
  release();
  assert.equal(await renewal, 'renewed');
  for (const { session } of [auth, await next()]) assert.deepEqual([session?.generation, session?.data], [1, { theme: 'dark' }]);
});

test('what is updated is what the request goes on with, also when a renewal that ends later can set no cookie', async () => {
  const { auth, renewal, release, next, close } = await renewing();
  await auth.update({ theme: 'dark' });
  close();
  release();
  assert.equal(await renewal, 'renewed');
  for (const { session } of [auth, await next()]) assert.deepEqual(session?.data, { theme: 'dark' });
});

test('a forced renewal that a login overtakes gives the new user nothing of the one before', async () => {
  const refresh = Promise.withResolvers<Response>();
  const { manager } = setUp([], {
    refresh: { maxWait: 0.05 },
    fetch: (async (url: string, { body }: { body: string }) => {
      if (url.endsWith('/logout')) return new Response(null, { status: 204 });
      if (!url.endsWith('/refresh')) return tokenAnswer(body.includes('eve') ? 'of eve' : 'of ada', body.includes('eve') ? 'refresh eve' : 'refresh ada');
      return body.includes('refresh eve') ? new Response(null, { status: 503 }) : refresh.promise;
    }) as Fetch,
  });
  const { fetch } = dataService('nobody');
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), fetch }).port);
  const renewal = auth.getAccessToken({ refresh: true }).catch((error) => error);
  await auth.login({ email: 'eve@example.com', password: 'x' });
  await later(60, async () => {
    assert.equal((await auth.fetch(`${PROVIDER_URL}/items`)).status, 401);
    await renewal;
    await assert.rejects(auth.getAccessToken(), { code: 'ERR_PROVIDER_UNAVAILABLE' });
  }).finally(() => refresh.resolve(tokenAnswer('of ada')));
});

test('a login while a renewal is under way is what the request goes on with', async () => {
  const { auth, renewal, release, next } = await renewing();
  const { id } = await auth.login({ email: 'eve@example.com', password: 'x' });
  release();
  assert.equal(await renewal, 'of eve');
  assert.deepEqual([auth.session?.id, (await next()).session?.id], [id, id]);
});

test('a call that was begun as one user is not repeated as another', async () => {
  let whileRefreshing = async () => {};
  const fetch = (async (url: string) => {
    if (url.endsWith('/logout')) return new Response(null, { status: 204 });
    if (url.endsWith('/refresh')) await whileRefreshing();
    return tokenAnswer(url);
  }) as Fetch;
  const { manager } = setUp([], { fetch });
  const { calls, fetch: service } = dataService('no token at all');
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), fetch: service }).port);
  await auth.getAccessToken({ refresh: true });
  whileRefreshing = async () => void (await auth.login({ email: 'eve@example.com', password: 'x' }));
  await later(60, async () => {
    assert.equal((await auth.fetch(`${PROVIDER_URL}/items`, { method: 'POST', body: 'payload' })).status, 401);
    assert.equal(calls.length, 1);
  });
});
