import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { inspect } from 'node:util';
import { applyCookies } from '../../js/cookies.ts';
import { isAuthError } from '../../js/errors.ts';
import { oauth } from '../../js/oauth.ts';
import { type RecordNamespace, durableObjectStore } from '../../js/stores/durable-object.ts';
import { type RedisClient, redisStore } from '../../js/stores/redis.ts';
import type { AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';
import { dataService, later, portOf, setUp } from '../support/request.ts';
import { SharedStore } from '../support/shared-store.ts';

test('a fresh session is opened without waiting for anything', async () => {
  const { manager, asked } = setUp([tokenAnswer()]);
  const cookies = await signIn(manager);
  const { port, written } = portOf({ cookies });
  const auth = await manager.forRequest(port);
  assert.deepEqual([auth.how, auth.session?.generation, auth.session?.data], ['fresh', 0, null]);
  assert.equal(await auth.getAccessToken(), 'access');
  assert.deepEqual([asked, written], [['/auth/login'], []]);
  assert.equal(JSON.stringify(auth.session).includes('access'), false);
});

test('a call that is refused as expired renews once and is repeated once, body included', async () => {
  const { manager, asked } = setUp([tokenAnswer('first'), tokenAnswer('second')]);
  const cookies = await signIn(manager);
  const { calls, fetch } = dataService('second');
  await later(60, async () => {
    const { port, written } = portOf({ cookies, fetch });
    const auth = await manager.forRequest(port);
    const response = await auth.fetch(`${PROVIDER_URL}/items`, { method: 'POST', body: 'payload', headers: { 'x-trace': '1' } });
    assert.deepEqual([response.status, await response.json()], [200, { fine: true }]);
    assert.deepEqual(calls, [
      ['POST', 'Bearer first', 'payload', '1', 'omit'],
      ['POST', 'Bearer second', 'payload', '1', 'omit'],
    ]);
    assert.deepEqual(asked, ['/auth/login', '/auth/refresh']);
    assert.equal(written.length, 1);
  });
});

test('a call that is refused again is passed on, and its body can be read', async () => {
  const { manager, asked } = setUp([tokenAnswer('first'), tokenAnswer('second')]);
  const cookies = await signIn(manager);
  const { calls, fetch } = dataService('never');
  await later(60, async () => {
    const auth = await manager.forRequest(portOf({ cookies, fetch }).port);
    const response = await auth.fetch(`${PROVIDER_URL}/items`);
    assert.equal(((await response.json()) as any).errors[0].extensions.code, 'TOKEN_EXPIRED');
    assert.deepEqual([calls.length, asked.length], [2, 2]);
    await auth.fetch(`${PROVIDER_URL}/items`);
    assert.deepEqual([calls.length, asked.length], [3, 2], 'a token that was just issued is not renewed for a 401');
  });
});

for (const [status, code] of [[403, 'FORBIDDEN'], [401, 'INVALID_CREDENTIALS'], [403, 'INVALID_TOKEN'], [403, 'TOKEN_EXPIRED'], [401, undefined]] as const) {
  test(`a call that is refused with ${status} ${code} is passed on, however old the token is`, async () => {
    const { manager, asked } = setUp([tokenAnswer('first'), tokenAnswer('second')]);
    const cookies = await signIn(manager);
    const refusal = () => Response.json({ errors: [{ message: '', extensions: { code } }] }, { status });
    await later(60, async () => {
      const auth = await manager.forRequest(portOf({ cookies, fetch: (async () => refusal()) as Fetch }).port);
      const response = await auth.fetch(`${PROVIDER_URL}/items`);
      assert.deepEqual([response.status, await response.text()], [status, await refusal().text()]);
      assert.deepEqual(asked, ['/auth/login']);
    });
  });
}

test('a call that brings its own bearer is sent as it is', async () => {
  const { manager } = setUp([tokenAnswer()]);
  const { calls, fetch } = dataService('own');
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), fetch }).port);
  const own = new Request(`${PROVIDER_URL}/items`, { headers: { authorization: 'Bearer own' } });
  assert.equal((await auth.fetch(own)).status, 200);
  assert.equal(calls.length, 1);
});

test('an access token that no header can carry is an error that does not quote it', async () => {
  const { manager } = setUp([tokenAnswer('a secret\nin two lines')]);
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
  const error: unknown = await auth.fetch(`${PROVIDER_URL}/items`).catch((error) => error);
  assert.ok(isAuthError(error) && error.code === 'ERR_RESPONSE_INVALID');
  assert.doesNotMatch(inspect(error), /secret/);
});

test('what this request has written is what the rest of it sees', async () => {
  const { manager, asked } = setUp([tokenAnswer('first'), tokenAnswer('second'), tokenAnswer('third')]);
  const cookies = await signIn(manager);
  const { port, written } = portOf({ cookies });
  const auth = await manager.forRequest(port);
  await auth.getAccessToken({ refresh: true });
  await auth.update({ theme: 'dark' });
  assert.equal(await auth.getAccessToken({ refresh: true }), 'third');
  assert.deepEqual([auth.session?.generation, auth.session?.data], [2, { theme: 'dark' }]);
  assert.equal(asked.length, 3);

  const next = await manager.forRequest(portOf({ cookies: written.reduce((header, cookie) => applyCookies(header, [cookie]), cookies) }).port);
  assert.deepEqual([next.how, next.session], ['fresh', auth.session]);
});

test('a renewal whose cookie can no longer be set is used, told as an event, and found by the next request', async () => {
  for (const late of [{ open: false }, { refuses: true }]) {
    const { manager, events, asked } = setUp([tokenAnswer('first'), tokenAnswer('second')]);
    const cookies = await signIn(manager);
    const auth = await manager.forRequest(portOf({ cookies, ...late }).port);
    assert.equal(await auth.getAccessToken({ refresh: true }), 'second');
    const pending = events.filter(({ type }) => type === 'handoffPending');
    assert.deepEqual(pending, [{ type: 'handoffPending', sessionId: auth.session?.id, generation: 1 }]);

    const { port, written } = portOf({ cookies });
    const next = await manager.forRequest(port);
    assert.equal(await next.getAccessToken({ refresh: true }), 'second');
    assert.deepEqual([next.how, written.length, asked.length], ['adopted', 1, 2]);
  }
});

test('what cannot be written although it seemed so is an error, and leaves no session that nobody has', async () => {
  const { manager, asked } = setUp([tokenAnswer(), tokenAnswer(), new Response(null, { status: 204 })]);
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), refuses: true }).port);
  const error = { code: 'ERR_HEADERS_SENT', retryable: false };
  await assert.rejects(auth.update({ theme: 'dark' }), error);
  assert.equal(auth.session?.data, null);
  const visitor = await manager.forRequest(portOf({ refuses: true }).port);
  await assert.rejects(visitor.login({ email: 'a', password: 'b' }), error);
  assert.equal(visitor.session, null);
  assert.deepEqual(asked.slice(1), ['/auth/login', '/auth/logout']);
});

test('what has to write a cookie says so before it does anything when none can be set', async () => {
  const { manager, asked } = setUp([tokenAnswer()]);
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), open: false }).port);
  const error = { code: 'ERR_HEADERS_SENT', retryable: false };
  await assert.rejects(auth.login({ email: 'a', password: 'b' }), error);
  await assert.rejects(auth.logout(), error);
  await assert.rejects(auth.update({}), error);
  assert.deepEqual([asked.length, auth.session?.generation], [1, 0]);
});

test('require tells a visitor, an unlucky user and a lucky one apart', async () => {
  const { manager } = setUp([tokenAnswer(), new TypeError('fetch failed')]);
  const cookies = await signIn(manager);
  const visitor = await manager.forRequest(portOf({}).port);
  assert.throws(() => visitor.require({ redirectTo: '/login' }), /redirect \/login/);
  assert.throws(() => visitor.require(), /fail 401/);
  const user = await manager.forRequest(portOf({ cookies }).port);
  assert.equal(user.require(), user.session);
  await later(901, async () => {
    const unlucky = await manager.forRequest(portOf({ cookies }).port);
    assert.notEqual(unlucky.session, null);
    assert.throws(() => unlucky.require({ redirectTo: '/login' }), /fail 503/);
  });
});

test('while the token works, renewals that are forced do not ask a provider again at once that wants to see the user', async () => {
  const provider = oauth({ url: PROVIDER_URL, tokenEndpoint: `${PROVIDER_URL}/token`, clientId: 'app' });
  const { manager, asked } = setUp([Response.json({ error: 'interaction_required' }, { status: 400 })], { provider });
  const { port, written } = portOf({});
  await (await manager.forRequest(port)).adopt({ access_token: 'access', refresh_token: 'refresh', expires_in: 900 });
  for (const code of ['ERR_INTERACTION_REQUIRED', 'ERR_PROVIDER_UNAVAILABLE']) {
    const auth = await manager.forRequest(portOf({ cookies: applyCookies('', written) }).port);
    await assert.rejects(auth.getAccessToken({ refresh: true }), { code });
    assert.equal(await auth.getAccessToken(), 'access');
  }
  assert.equal(asked.length, 1);
});

test('whom the provider wants to see is asked to sign in by every request, and the provider by none while the token works', async () => {
  const provider = oauth({ url: PROVIDER_URL, tokenEndpoint: `${PROVIDER_URL}/token`, clientId: 'app' });
  const { manager, asked } = setUp([Response.json({ error: 'interaction_required' }, { status: 400 })], { provider });
  const { port, written } = portOf({});
  const auth = await manager.forRequest(port);
  await auth.adopt({ access_token: 'access', refresh_token: 'refresh', expires_in: 100 });
  const cookies = applyCookies('', written);
  await later(80, async () => {
    for (let request = 0; request < 2; request++) assert.equal((await manager.forRequest(portOf({ cookies }).port)).how, 'kept');
    assert.equal(asked.length, 1);
  });
  await later(101, async () => {
    const requests = Array.from({ length: 3 }, () => manager.forRequest(portOf({ cookies }).port));
    for (const each of [...(await Promise.all(requests)), await manager.forRequest(portOf({ cookies }).port)]) {
      assert.throws(() => each.require({ redirectTo: '/login' }), /redirect \/login/);
      await assert.rejects(each.getAccessToken(), { code: 'ERR_INTERACTION_REQUIRED' });
    }
  });
});

test('a request whose renewal failed is told the cause, and does not ask again at once', async () => {
  const { manager, asked } = setUp([tokenAnswer(), new TypeError('fetch failed')]);
  const cookies = await signIn(manager);
  await later(901, async () => {
    const auth = await manager.forRequest(portOf({ cookies }).port);
    for (let call = 0; call < 3; call++) await assert.rejects(auth.getAccessToken(), { code: 'ERR_TRANSPORT', retryable: true });
    await assert.rejects(auth.fetch(`${PROVIDER_URL}/items`), { code: 'ERR_TRANSPORT' });
    assert.equal(asked.length, 2);
  });
});

test('a forced renewal that fails says why, and the request goes on with the token that still works', async () => {
  const { manager, asked } = setUp([tokenAnswer(), new Response(null, { status: 429, headers: { 'retry-after': '60' } })]);
  const { calls, fetch } = dataService('access');
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager), fetch }).port);
  await auth.update({ theme: 'dark' });
  await assert.rejects(auth.getAccessToken({ refresh: true }), { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 60_000 });
  assert.equal((await auth.fetch(`${PROVIDER_URL}/items`)).status, 200);
  assert.deepEqual([auth.require().data, auth.how, calls.length, asked.length], [{ theme: 'dark' }, 'fresh', 1, 2]);
});

test('a request that lasts is not kept out for longer than others by what the provider said of tomorrow', async () => {
  const tomorrow = new Response(null, { status: 429, headers: { 'retry-after': '86400' } });
  const { manager, asked } = setUp([tokenAnswer(), tomorrow, tokenAnswer('second')]);
  const cookies = await signIn(manager);
  await later(901, async () => {
    const auth = await manager.forRequest(portOf({ cookies }).port);
    for (const seconds of [10, 280]) {
      mock.timers.tick(seconds * 1000);
      await assert.rejects(auth.getAccessToken(), { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 86_400_000 });
    }
    mock.timers.tick(20_000);
    assert.deepEqual([await auth.getAccessToken(), asked.length], ['second', 3]);
  });
});

test('a login that is refused changes nothing of this request', async () => {
  const refusal = Response.json({ errors: [{ message: '', extensions: { code: 'INVALID_CREDENTIALS' } }] }, { status: 401 });
  const { manager } = setUp([tokenAnswer(), refusal]);
  const { port, written } = portOf({ cookies: await signIn(manager) });
  const auth = await manager.forRequest(port);
  const before = auth.session;
  await assert.rejects(auth.login({ email: 'a@b.c', password: 'x' }), { code: 'ERR_LOGIN_REJECTED', providerCode: 'INVALID_CREDENTIALS' });
  assert.deepEqual([auth.session, written], [before, []]);
  assert.equal(await auth.getAccessToken(), 'access');
});

test('a login whose tokens fit into no cookie fails, its session is revoked, and the one before it stays', async () => {
  const { manager, asked } = setUp([tokenAnswer(), tokenAnswer('a'.repeat(70_000)), new Response(null, { status: 204 })]);
  const { port, written } = portOf({ cookies: await signIn(manager) });
  const auth = await manager.forRequest(port);
  await assert.rejects(auth.login({ email: 'a@b.c', password: 'x' }), { code: 'ERR_COOKIE_TOO_LARGE' });
  assert.deepEqual([await auth.getAccessToken(), written], ['access', []]);
  await new Promise(setImmediate);
  assert.deepEqual(asked.slice(1), ['/auth/login', '/auth/logout']);
});

test('an onLogin that fails fails the login call, and its session is ended and revoked', async () => {
  const { manager, asked } = setUp([tokenAnswer(), new Response(null, { status: 204 })], { onLogin: () => { throw new Error('profile'); } });
  const { port, written } = portOf({});
  const auth = await manager.forRequest(port);
  await assert.rejects(auth.login({ email: 'a@b.c', password: 'x' }), /profile/);
  assert.deepEqual([auth.session, written.length, asked.length], [null, 2, 2]);
  assert.equal(written.flat().at(-1)?.value, '');
});

test('data that is no JSON, and data that is too large, is refused and the session stays', async () => {
  const { manager } = setUp([tokenAnswer()]);
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
  await assert.rejects(auth.update(undefined as never), { code: 'ERR_API_MISUSE' });
  await assert.rejects(auth.update('x'.repeat(70_000)), { code: 'ERR_COOKIE_TOO_LARGE' });
  const loop: { self?: unknown } = {};
  loop.self = loop;
  await assert.rejects(auth.update(loop as never), TypeError);
  assert.equal(auth.session?.data, null);
});

test('an observer that throws does not touch the request', async (context) => {
  context.mock.method(console, 'error', () => {});
  const { manager } = setUp([tokenAnswer(), tokenAnswer('second')], { onEvent: () => { throw new Error('observer'); } });
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
  assert.equal(await auth.getAccessToken({ refresh: true }), 'second');
});

test('an observer that rejects does not end the process', async (context) => {
  const logged = context.mock.method(console, 'error', () => {});
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const { manager } = setUp([tokenAnswer(), tokenAnswer('second')], { onEvent: async () => { throw new Error('observer'); } });
  const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
  assert.equal(await auth.getAccessToken({ refresh: true }), 'second');
  // Rejections that nobody handles are told once the microtasks are done.
  await new Promise(setImmediate);
  process.off('unhandledRejection', note);
  assert.deepEqual([unhandled, logged.mock.callCount()], [[], 1]);
});

test('a store that is down: a token that works is served, one that does not is a retryable error, nothing is sent', async () => {
  const store = { perform: () => Promise.reject(new Error('down')), wait: () => Promise.reject(new Error('down')) };
  const { manager, asked, events } = setUp([tokenAnswer('access', 'refresh', 100)], { store });
  const cookies = await signIn(manager);
  await later(80, async () => {
    const auth = await manager.forRequest(portOf({ cookies }).port);
    assert.deepEqual([auth.how, await auth.getAccessToken()], ['kept', 'access']);
  });
  await later(101, async () => {
    const auth = await manager.forRequest(portOf({ cookies }).port);
    assert.notEqual(auth.session, null);
    await assert.rejects(auth.getAccessToken(), { code: 'ERR_STORE', retryable: true, sessionEnded: false });
  });
  assert.deepEqual(asked, ['/auth/login']);
  assert.ok(events.some((event) => event.type === 'storeFailed' && event.message === 'down'));
});

test('of tokens in a store that is down it is not known when they expire', async () => {
  const store = new SharedStore();
  const { manager } = setUp([tokenAnswer()], { store, session: { in: 'store' } });
  const cookies = await signIn(manager);
  store.down = true;
  const { session } = await manager.forRequest(portOf({ cookies }).port);
  assert.ok(session !== null && session.expiresAt === null);
});

test('a platform that refuses to wait undoes nothing: what was renewed is used and written', async () => {
  const { manager } = setUp([tokenAnswer(), tokenAnswer('second', 'refresh-2')]);
  const cookies = await signIn(manager);
  await later(901, async () => {
    const { port, written } = portOf({ cookies });
    const waitUntil = () => { throw new Error('called outside of a request'); };
    const auth = await manager.forRequest({ ...port, waitUntil });
    assert.deepEqual([auth.how, await auth.getAccessToken(), written.length], ['refreshed', 'second', 1]);
  });
});

for (const [name, options] of Object.entries<Partial<AuthOptions>>({
  'session.maxAge': { session: { maxAge: Number(undefined) } },
  'refresh.leeway': { refresh: { leeway: -1 } },
  'refresh.maxWait': { refresh: { maxWait: Number.POSITIVE_INFINITY } },
  'maxAge of durableObjectStore': { store: durableObjectStore({ namespace: {} as RecordNamespace, maxAge: Number.NaN }) },
  'timeout of redisStore': { store: redisStore({ client: {} as RedisClient, timeout: Number.NaN }) },
})) {
  test(`${name} that is no duration is named at the first request, not at import`, () => {
    const { manager } = setUp([], options);
    assert.throws(() => manager.validate(), (error) => isAuthError(error) && error.code === 'ERR_CONFIG' && error.message.startsWith(name));
  });
}

test('a maxTokenAge that is zero, or no number, does not renew with every request', async () => {
  for (const maxTokenAge of [0, Number.NaN]) {
    const { manager } = setUp([tokenAnswer()], { refresh: { maxTokenAge } });
    // A build's options are not checked; those of a page never are.
    const auth = await manager.forRequest({ ...portOf({ cookies: await signIn(manager) }).port, isBuild: true });
    assert.equal(auth.how, 'fresh');
  }
});

test('a platform that ends with the response is asked to wait for what is still going on', async () => {
  const waits: Promise<unknown>[] = [];
  const { manager } = setUp([tokenAnswer(), new Response(null, { status: 204 })]);
  const { port } = portOf({ cookies: await signIn(manager) });
  const auth = await manager.forRequest({ ...port, waitUntil: (promise) => void waits.push(promise) });
  await auth.logout();
  assert.ok(waits.length > 0);
  await Promise.all(waits);
  assert.equal(auth.session, null);
  await assert.rejects(auth.getAccessToken(), { code: 'ERR_SIGNED_OUT', sessionEnded: true });
});

test('a provider that sends nonsensical numbers does not cost the tokens', async () => {
  const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  const absurd = [1e300, '1e30', -1e300, 2 ** 63].map((expires) =>
    Response.json({ data: { access_token: 'absurd', refresh_token: 'r', expires } }),
  );
  const claims = [{ exp: 1e300 }, { iat: 1e300, exp: 1e300 }, { iat: -1e300 }].map((claims) => tokenAnswer(jwt(claims)));
  for (const answer of [...absurd, ...claims]) {
    const { manager } = setUp([tokenAnswer(), answer]);
    const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
    assert.ok(await auth.getAccessToken({ refresh: true }));
    assert.ok((auth.session?.generation ?? 0) >= 1);
  }
  for (const retryAfter of ['1e308', '99999999999999999999', '31536000']) {
    const { manager } = setUp([tokenAnswer(), new Response(null, { status: 429, headers: { 'retry-after': retryAfter } })]);
    const auth = await manager.forRequest(portOf({ cookies: await signIn(manager) }).port);
    const error = { code: 'ERR_PROVIDER_UNAVAILABLE', retryAfterMs: 86_400_000 };
    await assert.rejects(auth.getAccessToken({ refresh: true }), error);
  }
});
