/** The browser driver when something goes wrong, in Chromium, against a Directus behind a `fetch`. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startWorld, type World } from './page/world.ts';

const skip = withoutTool('chromium');

let world: World;

before(async () => {
  if (!skip) world = await startWorld();
});

after(() => world?.close());

for (const type of ['application/octet-stream', 'application/wasm; charset=utf-8']) {
  test(`the module is compiled although the server calls it ${type}`, { skip }, async () => {
    const given: string[] = [];
    const fates = await world.inPage(async (page) => {
      await page.route(/browser_bg.*\.wasm/, async (route) => {
        const response = await route.fetch();
        given.push(response.headers()['content-type'] ?? 'none');
        await route.fulfill({ response, headers: { ...response.headers(), 'content-type': type } });
      });
      return page.evaluate(async () => fate(faked().login()));
    });
    assert.deepEqual([given, fates], [['application/wasm'], 'fulfilled']);
  });
}

/** Ways of `fetch` to fail, as it may be replaced or patched in a page. */
const FAILURES = ['a string', 'nothing', 'an error of another realm', 'a throw', 'no promise', 'no response', 'a response without a body'];

for (const call of ['login', 'refresh', 'logout'] as const) {
  test(`a fetch that fails in any way ends ${call} in a settled promise, never in a hang`, { skip }, async () => {
    const fates = await world.inPage((page) =>
      page.evaluate(
        async ({ failures, failing }) => {
          const frame = document.body.appendChild(document.createElement('iframe'));
          const foreign = (frame.contentWindow as unknown as typeof globalThis).Error;
          const fail: Record<string, () => unknown> = {
            'a string': () => Promise.reject('offline'),
            nothing: () => Promise.reject(undefined),
            'an error of another realm': () => Promise.reject(new foreign('offline')),
            'a throw': () => {
              throw new Error('offline');
            },
            'no promise': () => 'offline',
            'no response': () => Promise.resolve({ status: 200 }),
            'a response without a body': () => Promise.resolve({ status: 200, headers: new Headers(), text: () => Promise.reject('cut') }),
          };
          const fates: Record<string, string> = {};
          for (const failure of failures) {
            const { fake, auth, login } = faked({ refresh: { ahead: false, maxWait: 0.2 } });
            fake.ttlMs = 1;
            if (failing !== 'login') await login();
            await new Promise((resolve) => setTimeout(resolve, 5));
            fake.intercept = (_, answer) => (fake.calls.at(-1) === failing ? fail[failure]?.() : answer());
            const started = { login, refresh: () => auth.getAccessToken(), logout: () => auth.logout() }[failing]();
            fates[failure] = await fate(started);
            const isKept = failing !== 'refresh' || auth.session !== null;
            if (!isKept) fates[failure] += ', and the session is lost';
          }
          return fates;
        },
        { failures: FAILURES, failing: call },
      ),
    );
    const expected = call === 'logout' ? 'fulfilled' : 'ERR_TRANSPORT';
    assert.deepEqual(fates, Object.fromEntries(FAILURES.map((failure) => [failure, expected])));
  });
}

test('row 9 (browser): 429, 502, HTML and a broken connection keep the session, and it is renewed afterwards', { skip }, async () => {
  const seen = await world.inPage(async (page) => {
    await page.clock.install();
    return page.evaluate(async () => {
      const answers: Record<string, () => unknown> = {
        429: () => directusError(429, 'REQUESTS_EXCEEDED', { 'retry-after': '7' }),
        502: () => new Response('bad gateway', { status: 502 }),
        HTML: () => new Response('<h1>Maintenance</h1>', { headers: { 'content-type': 'text/html' } }),
        reset: () => Promise.reject(new TypeError('Failed to fetch')),
      };
      const seen: Record<string, unknown> = {};
      for (const [name, answer] of Object.entries(answers)) {
        const { fake, auth, login } = faked({ refresh: { ahead: false } });
        fake.ttlMs = 1;
        await login();
        await new Promise((resolve) => setTimeout(resolve, 5));
        fake.intercept = async (_, next) => (fake.count('refresh') === 1 ? answer() : next());
        const error = await auth.getAccessToken().catch((error) => error);
        seen[name] = [error.code, error.retryable, error.retryAfterMs, auth.session !== null];
      }
      return seen;
    });
  });
  assert.deepEqual(seen, {
    429: ['ERR_PROVIDER_UNAVAILABLE', true, 7000, true],
    502: ['ERR_PROVIDER_UNAVAILABLE', true, null, true],
    HTML: ['ERR_RESPONSE_INVALID', true, null, true],
    reset: ['ERR_TRANSPORT', true, null, true],
  });
});

test('row 9 (browser): after a failure the timer tries again by itself, later and later, and then succeeds', { skip }, async () => {
  await world.inPage(async (page) => {
    await page.clock.install();
    await page.evaluate(async () => {
      const { fake, auth, login } = faked();
      Object.assign(globalThis, { fake, auth });
      fake.ttlMs = 60_000;
      await login();
      fake.intercept = async (call, answer) => (call === 'refresh' && fake.count('refresh') <= 3 ? Promise.reject('offline') : answer());
    });
    const refreshes = () => page.evaluate(() => (globalThis as never as { fake: { count(call: string): number } }).fake.count('refresh'));
    const counts: number[] = [];
    for (const seconds of [44, 2, 3, 5, 10]) {
      await page.clock.runFor(seconds * 1000);
      counts.push(await refreshes());
    }
    assert.deepEqual(counts, [0, 1, 2, 3, 4]);
  });
});

test('row 10 (browser): a 401 that says the token expired renews and replays once, with the body', { skip }, async () => {
  const seen = await world.inPage(async (page) => {
    await page.clock.install();
    return page.evaluate(async () => {
      const { fake, auth, login } = faked({ refresh: { ahead: false } });
      await login();
      const bodies: string[] = [];
      const codes = ['TOKEN_EXPIRED', 'TOKEN_EXPIRED', 'INVALID_TOKEN', 'FORBIDDEN', 'INVALID_CREDENTIALS'];
      const statuses: number[] = [];
      for (const code of codes) {
        Date.now = ((now) => () => now + 31_000)(Date.now());
        const before = fake.calls.length;
        fake.intercept = (call, answer) => (call === 'me' && fake.calls.length === before + 1 ? directusError(401, code) : answer());
        const response = await auth.fetch('http://directus.example/users/me', { method: 'PATCH', body: 'the body' });
        statuses.push(response.status);
        bodies.push(fake.calls.slice(before).join());
      }
      return { statuses, bodies };
    });
  });
  assert.deepEqual(seen.statuses, [200, 200, 401, 401, 401]);
  assert.deepEqual(seen.bodies, ['me,refresh,me', 'me,refresh,me', 'me', 'me', 'me']);
});

test('row 15 and row 17 (browser): a refresh that returns after logout does nothing, and its tokens are revoked', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const { fake, events, auth, login } = faked({ refresh: { ahead: false } });
      fake.ttlMs = 1;
      await login();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const answered = Promise.withResolvers<void>();
      fake.intercept = async (call, answer) => {
        const response = await answer();
        if (call === 'refresh') await answered.promise;
        return response;
      };
      const waiting = fate(auth.getAccessToken());
      while (fake.count('refresh') === 0) await new Promise((resolve) => setTimeout(resolve));
      const leaving = auth.logout();
      await new Promise((resolve) => setTimeout(resolve));
      const atOnce = auth.session;
      answered.resolve();
      await leaving;
      const types = events.map(({ type }) => type);
      return { atOnce, waiting: await waiting, live: fake.live.size, session: auth.session, token: await fate(auth.getAccessToken()), types };
    }),
  );
  assert.deepEqual(seen, {
    atOnce: null,
    waiting: 'ERR_SIGNED_OUT',
    live: 0,
    session: null,
    token: 'ERR_SIGNED_OUT',
    types: ['revoked', 'sessionEnded'],
  });
});

test('row 17 (browser): of two logins at once the later one wins, and the other session is revoked', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const { fake, auth, login } = faked();
      const first = Promise.withResolvers<void>();
      fake.intercept = async (call, answer) => {
        const response = await answer();
        if (fake.count('login') === 1 && call === 'login') await first.promise;
        return response;
      };
      const early = fate(login());
      while (fake.count('login') === 0) await new Promise((resolve) => setTimeout(resolve));
      await login();
      first.resolve();
      const lost = await early;
      while (fake.live.size > 1) await new Promise((resolve) => setTimeout(resolve));
      return { lost, token: await auth.getAccessToken(), live: [...fake.live] };
    }),
  );
  assert.deepEqual(seen, { lost: 'ERR_SIGNED_OUT', token: 'access-2', live: ['refresh-2'] });
});

test('row 16 (browser): logout without a network signs out at once and resolves after maxWait', { skip }, async () => {
  const seen = await world.inPage((page) =>
    page.evaluate(async () => {
      const { fake, auth, login } = faked({ storage: 'localStorage', refresh: { maxWait: 0.3 } });
      await login();
      fake.intercept = () => Promise.reject(new TypeError('Failed to fetch'));
      const outcome = await fate(auth.logout());
      return { outcome, session: auth.session, stored: localStorage.length };
    }),
  );
  assert.deepEqual(seen, { outcome: 'fulfilled', session: null, stored: 0 });
});
