/** Rows about what goes wrong, and what it is called. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { isDirectusError, readUsers, refresh } from '@directus/sdk';
import { directusClient } from '../../../js/directus.ts';
import { directusFaults, type Fault } from '../../../js/testing.ts';
import { projectNode, root } from '../../../tools/process.mjs';
import { runProgram } from '../../support/program.ts';
import { requireOtp } from '../../support/second-factor.ts';
import { Visitor } from '../../support/visitor.ts';
import { type Application, bearer, failure, me, type Rows, untilExpiry, type World } from './world.ts';

const REFRESH = 'POST /auth/refresh';
/** The first cool-down after a failed renewal, and a little more. */
const COOL_DOWN_MS = 2_100;

/** Signed in and expired when the outage begins; the same session again when it is over. */
async function survives(world: World, fault: Fault): Promise<void> {
  const { browser, user, session, proxy } = await world.signIn();
  await untilExpiry(session);
  proxy.faults.next(REFRESH, fault);
  const { value: error, setCookie } = await browser.visit((auth) => failure(auth.getAccessToken()));
  assert.deepEqual([error.retryable, error.sessionEnded, setCookie], [true, false, []]);
  await delay(COOL_DOWN_MS);
  assert.equal(await browser.ask(me), user.email);
  assert.equal((await browser.ask((auth) => auth.session))?.id, session.id);
}

const outages: Readonly<Record<string, Fault>> = {
  'a connection that breaks': { kind: 'refuse' },
  '502 with HTML': { kind: 'html' },
  '200 with HTML': { kind: 'html', status: 200 },
  '503 under pressure': directusFaults.serviceUnavailable(),
  '429 without Retry-After': { kind: 'status', status: 429 },
};

const outageRows: Rows = Object.fromEntries(
  Object.entries(outages).map(([what, fault]) => [`row 9: ${what} never ends a session`, (world: World) => survives(world, fault)]),
);

/** What each code of Directus becomes; each of them by Directus itself, unless a fault stands for it. */
const mapping: ReadonlyArray<[code: string, ours: string, provoke: (world: World) => Promise<unknown>]> = [
  ['INVALID_CREDENTIALS', 'ERR_LOGIN_REJECTED', async (world) => {
    const { email } = await world.createUser();
    const { browser } = await world.start();
    return browser.ask((auth) => auth.login({ email, password: 'wrong' }));
  }],
  ['INVALID_PAYLOAD', 'ERR_LOGIN_REJECTED', async (world) => {
    const { browser } = await world.start();
    return browser.ask((auth) => auth.login({ email: 'nobody', password: 'wrong' }));
  }],
  ['INVALID_OTP', 'ERR_OTP_REQUIRED', async (world) => {
    const user = await world.createUser();
    await requireOtp(world.directus, user);
    const { browser } = await world.start();
    return browser.ask((auth) => auth.login(user));
  }],
  ['ROUTE_NOT_FOUND', 'ERR_PROVIDER_REJECTED', async (world) => {
    const { browser } = await world.start();
    return browser.ask((auth) => auth.login({ email: 'a@example.com', password: 'x', provider: 'nowhere' }));
  }],
  ['INVALID_TOKEN', 'ERR_LOGIN_REJECTED', async (world) => {
    const answer = await world.directus.post('/auth/login', { ...(await world.createUser()), mode: 'session' });
    const { browser } = await world.start({ mode: 'session' });
    browser.receive(answer.headers.getSetCookie().map((line) => line.replace(/\.[^.;]*;/, '.Zm9yZ2Vk;')));
    return browser.ask((auth, request) => auth.adopt(request));
  }],
  ['SERVICE_UNAVAILABLE', 'ERR_PROVIDER_UNAVAILABLE', async (world) => {
    const { browser, proxy } = await world.start();
    proxy.faults.next('POST /auth/login', directusFaults.serviceUnavailable());
    return browser.ask((auth) => auth.login({ email: 'a@example.com', password: 'x' }));
  }],
  ['REQUESTS_EXCEEDED', 'ERR_PROVIDER_UNAVAILABLE', async (world) => {
    const { browser, proxy } = await world.start();
    proxy.faults.next('POST /auth/login', directusFaults.tooManyRequests(7));
    return browser.ask((auth) => auth.login({ email: 'a@example.com', password: 'x' }));
  }],
];

const mappingRows: Rows = Object.fromEntries(
  mapping.map(([code, ours, provoke]) => [
    `row 25: ${code} becomes ${ours}, with Directus' own word as providerCode`,
    async (world: World) => {
      const error = await failure(provoke(world));
      assert.deepEqual([error.providerCode, error.code], [code, ours]);
      if (code === 'REQUESTS_EXCEEDED') assert.equal(error.retryAfterMs, 7_000);
    },
  ]),
);

/** Signed in with a token that Directus says has expired, and that we believe in because our clock is an hour behind. */
async function signInWithClockBehind(world: World): Promise<Application> {
  const { data }: any = await (await world.directus.post('/auth/login', await world.createUser())).json();
  await delay(2_100);
  const now = Date.now;
  let behindMs = 3_600_000;
  world.context.mock.method(Date, 'now', () => now() - behindMs);
  const application = await world.start();
  await application.browser.visit((auth) => auth.adopt({ ...data, expires: null }));
  // A token that is younger than 30 s is not renewed for a refusal.
  behindMs -= 31_000;
  assert.equal(await application.browser.ask((auth) => auth.how), 'fresh');
  return application;
}

const json = (method: string, body: object) => ({ method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

/** Change the clock of the process: nothing else may run beside them. */
export const clockRows: Rows = {
  'row 10: strategy 2, watch for TOKEN_EXPIRED, refresh and replay once: with a clock an hour behind, the body is sent again': async (world) => {
    const { browser, refreshes, proxy } = await signInWithClockBehind(world);
    const { value } = await browser.visit(async (auth) => {
      const response = await auth.fetch(`${auth.providerUrl}/items/articles`, json('POST', { title: 'sent twice' }));
      return [response.status, ((await response.json()) as any).data?.title];
    });
    assert.deepEqual(value, [200, 'sent twice']);
    assert.deepEqual([refreshes(), proxy.counts['POST /items/articles']], [1, 2]);
  },

  'row 10: what keeps being refused is refused after one replay': async (world) => {
    const { browser, refreshes, proxy } = await signInWithClockBehind(world);
    proxy.faults.set('GET /users/me', { kind: 'status', status: 401, body: { errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }] } });
    const { value } = await browser.visit((auth) => auth.fetch(`${auth.providerUrl}/users/me`));
    assert.deepEqual([value.status, refreshes(), proxy.counts['GET /users/me']], [401, 1, 2]);
  },

  'a GraphQL answer of 200 whose error is TOKEN_EXPIRED is renewed and replayed, like a 401 of Directus': async (world) => {
    const { browser, refreshes, proxy } = await signInWithClockBehind(world);
    proxy.faults.next('POST /graphql/system', { kind: 'status', status: 200, body: { errors: [{ extensions: { code: 'TOKEN_EXPIRED' } }] } });
    const { value } = await browser.visit(async (auth) => {
      const response = await auth.fetch(`${auth.providerUrl}/graphql/system`, json('POST', { query: '{ users_me { email } }' }));
      return ((await response.json()) as any).data?.users_me.email;
    });
    assert.match(value, /@example\.com$/);
    assert.deepEqual([refreshes(), proxy.counts['POST /graphql/system']], [1, 2]);
  },
};

export const failureRows: Rows = {
  ...outageRows,
  ...mappingRows,

  'row 10: other refusals of a data call are passed on, without a refresh': async (world) => {
    const { browser, proxy, refreshes } = await world.signIn();
    const refusals: Array<[number, string]> = [[403, 'INVALID_TOKEN'], [403, 'FORBIDDEN'], [401, 'INVALID_CREDENTIALS']];
    for (const [status, code] of refusals) {
      proxy.faults.next('GET /users/me', { kind: 'status', status, body: { errors: [{ extensions: { code } }] } });
      const response = await browser.ask((auth) => auth.fetch(`${auth.providerUrl}/users/me`));
      assert.equal(response.status, status);
    }
    assert.equal(proxy.counts['GET /users/me'], refusals.length);
    assert.ok(refreshes() <= 1);
  },

  'row 11: login, refresh and logout work beside an expired token that makes the raw calls fail': async (world) => {
    const { data }: any = await (await world.directus.post('/auth/login', await world.createUser())).json();
    const { browser, user, session, proxy } = await world.signIn();
    await untilExpiry(session);
    await delay(1_000);
    const expired = bearer(data.access_token);
    const { refresh_token } = data;
    const raw = [
      await world.directus.post('/auth/login', user, expired),
      await world.directus.post('/auth/refresh', { refresh_token }, expired),
      await world.directus.post('/auth/logout', { refresh_token }, expired),
    ];
    assert.deepEqual(raw.map(({ status }) => status), [401, 401, 401]);

    const before = browser.copy();
    assert.equal(await browser.ask(me), user.email);
    await browser.visit((auth) => auth.logout());
    assert.equal((await before.ask((auth) => auth.login(user))).generation, 0);
    const { 'GET /users/me': _, ...counts } = proxy.counts;
    assert.deepEqual(counts, { 'POST /auth/refresh': 1, 'POST /auth/logout': 1, 'POST /auth/login': 1 });
  },

  'row 12: with an expired token and no way to refresh, public data is fetched anonymously': async (world) => {
    const { browser, user, session } = await world.signIn();
    await world.directus.updateUser(user.email, { status: 'suspended' });
    await untilExpiry(session);
    const { value } = await browser.visit(async (auth) => {
      const { status } = await auth.fetch(`${auth.providerUrl}/server/info`);
      return [auth.session, status];
    });
    assert.deepEqual(value, [null, 200]);
    assert.equal(browser.jar.size, 0);
  },

  'row 16: a logout clears here and does not throw, whatever Directus says': async (world) => {
    const expired = await world.signIn({ mode: 'session' });
    const refused = await world.signIn();
    const offline = await world.signIn({}, { refresh: { maxWait: 0.2 } });
    refused.proxy.faults.next('POST /auth/logout', { kind: 'status', status: 400, body: { errors: [{ extensions: { code: 'INVALID_PAYLOAD' } }] } });
    await offline.proxy.goOffline();
    await untilExpiry(expired.session);
    for (const { browser } of [expired, refused, offline]) {
      await browser.visit((auth) => auth.logout());
      assert.equal(browser.jar.size, 0);
      assert.equal(await browser.ask((auth) => auth.session), null);
    }
  },

  'row 23: a process that has signed somebody in ends by itself': async (world) => {
    const user = await world.createUser();
    const program = `
      const { tokenkeep } = await import('./js/adapters/fetch.ts');
      const { directus } = await import('./js/directus.ts');
      const auth = tokenkeep({ provider: directus({ url: process.env.URL }), secret: 'a secret of more than thirty-two characters' });
      const login = async (request, auth) => Response.json(await auth.login(JSON.parse(process.env.CREDENTIALS)));
      console.log((await auth.handle(new Request('http://app/'), login)).status);`;
    const started = performance.now();
    const env = { URL: world.directus.url, CREDENTIALS: JSON.stringify(user) };
    const { stdout } = await runProgram(projectNode, ['--input-type=module', '-e', program], { cwd: root, env });
    assert.equal(stdout.trim(), '200');
    assert.ok(performance.now() - started < 10_000, 'nothing kept it alive');
  },

  'row 24 (server): a token that is known to have expired is never handed out; the reason is typed and an event': async (world) => {
    const { browser, user, session, events } = await world.signIn();
    await world.directus.updateUser(user.email, { status: 'suspended' });
    await untilExpiry(session);
    const error = await browser.ask((auth) => failure(auth.getAccessToken()));
    assert.deepEqual([error.code, error.sessionEnded], ['ERR_SIGNED_OUT', true]);
    assert.deepEqual(events.filter(({ type }) => type === 'sessionEnded').map((event: any) => event.reason), ['refused']);
  },

  'row 25: USER_SUSPENDED and TOKEN_EXPIRED at a refresh end the session, with the code in the event': async (world) => {
    const { browser, user, session, events } = await world.signIn();
    await world.directus.administer('PATCH', '/settings', { auth_login_attempts: 1 });
    for (let attempt = 0; attempt < 3; attempt++) await world.directus.post('/auth/login', { email: user.email, password: 'wrong' });
    await world.directus.administer('PATCH', '/settings', { auth_login_attempts: 25 });
    await untilExpiry(session);
    assert.equal(await browser.ask((auth) => auth.session), null);
    const failed = events.find((event) => event.type === 'refreshFailed');
    assert.deepEqual([failed?.class, failed?.error.providerCode], ['refused', 'USER_SUSPENDED']);
  },

  'row 25: errors of data calls are the SDK\'s own, with errors and response': async (world) => {
    const { browser } = await world.signIn();
    const error: any = await browser.ask((auth) =>
      directusClient<any>(auth).request(readUsers({ filter: { no_such_field: { _eq: 1 } } })).catch((thrown) => thrown),
    );
    assert.ok(isDirectusError(error));
    assert.deepEqual([error.errors[0]?.extensions.code, (error.response as Response).status], ['FORBIDDEN', 403]);
  },

  "the forum's error: an own call of /auth/refresh gets Directus' answer, and one sentence of ours explains it": async (world) => {
    const { browser, events } = await world.signIn();
    world.context.mock.method(console, 'warn', () => {});
    const error: any = await browser.ask((auth) => directusClient<any>(auth).request(refresh({ mode: 'cookie' })).catch((thrown) => thrown));
    assert.equal(error.errors[0].message, 'Invalid payload. The refresh token is required in either the payload or cookie.');
    await browser.ask((auth) => auth.fetch(`${auth.providerUrl}/auth/refresh/`, { method: 'POST' }));
    const advice = events.filter((event) => event.type === 'advice');
    assert.equal(advice.length, 1, 'said once');
    assert.match(advice[0]?.message ?? '', /leave out your own call of \/auth\/refresh/);
    assert.ok(await browser.ask((auth) => auth.session), 'the session is kept');
  },

  "the forum's error cannot happen: no mode's refresh and logout is ever answered with it": async (world) => {
    for (const mode of ['json', 'cookie', 'session'] as const) {
      const statuses: number[] = [];
      const watching: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        statuses.push(response.status);
        return response;
      };
      const { browser } = await world.signIn({ mode }, { fetch: watching });
      await browser.visit((auth) => auth.getAccessToken({ refresh: true }));
      await browser.visit((auth) => auth.logout());
      assert.deepEqual(statuses, [200, 200, 204], mode);
    }
  },
};

/** At the server that counts requests. */
export const rateLimitRows: Rows = {
  "row 9: Directus' own 429 keeps the session, and its Retry-After is passed on": async (world) => {
    const { renamed } = world.servers;
    const user = { email: 'limited@example.com', password: 'correct horse' };
    await renamed.createUser(user);
    const { auth, proxy } = await world.start({ at: renamed });
    const browser = new Visitor(auth);
    const session = await browser.ask((locals) => locals.login(user));
    await untilExpiry(session);
    proxy.resetCounts();
    await Promise.all(Array.from({ length: 100 }, () => fetch(`${renamed.url}/server/ping`)));
    const error = await browser.ask((locals) => failure(locals.getAccessToken()));
    assert.deepEqual([error.code, error.providerCode, error.status], ['ERR_PROVIDER_UNAVAILABLE', 'REQUESTS_EXCEEDED', 429]);
    assert.ok((error.retryAfterMs ?? 0) > 0);
    await delay(COOL_DOWN_MS + (error.retryAfterMs ?? 0));
    assert.equal((await browser.ask((locals) => locals.getAccessToken())).split('.').length, 3);
    assert.equal(proxy.counts[REFRESH], 2);
  },
};
