import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { directusFaults } from '../../../js/testing.ts';
import type { Fault } from '../../../js/testing.ts';
import type { Rows, World } from './world.ts';

interface Refusal {
  readonly code: string;
  readonly retryable: boolean;
  /** What happens between the first login and the second. */
  readonly begin?: (world: World) => void | Promise<void>;
  /** In place of the right ones. */
  readonly credentials?: object;
}

/** A second login, with the first one's cookie, that fails; the first session is untouched. */
async function refusedLogin(world: World, { code, retryable, begin, credentials }: Refusal): Promise<void> {
  const { browser, user, session } = await world.signIn();
  const before = browser.cookies;
  await begin?.(world);
  const page = await browser.post('/login', { email: user.email, password: user.password, ...credentials });
  assert.deepEqual([page.body.code, page.body.retryable, page.setCookie], [code, retryable, []]);
  assert.deepEqual(browser.cookies, before);
  assert.equal((await browser.get('/data')).body.session.id, session.id);
}

function answered(fault: Fault, code: string): Refusal {
  return { code, retryable: true, begin: ({ proxy }) => proxy.faults.set('POST /auth/login', fault) };
}

const refusals: Readonly<Record<string, Refusal>> = {
  'with a wrong password': { code: 'ERR_LOGIN_REJECTED', retryable: false, credentials: { password: 'wrong' } },
  'without a password': { code: 'ERR_LOGIN_REJECTED', retryable: false, credentials: { password: '' } },
  'while Directus is down': { code: 'ERR_TRANSPORT', retryable: true, begin: ({ proxy }) => proxy.goOffline() },
  'that is answered with 503': answered(directusFaults.serviceUnavailable(), 'ERR_PROVIDER_UNAVAILABLE'),
  'that is answered with 429': answered(directusFaults.tooManyRequests(3), 'ERR_PROVIDER_UNAVAILABLE'),
  'that is answered with 502 and HTML': answered({ kind: 'html' }, 'ERR_PROVIDER_UNAVAILABLE'),
  'that is answered with 200 and HTML': answered({ kind: 'html', status: 200 }, 'ERR_RESPONSE_INVALID'),
  'whose answer is lost': answered({ kind: 'dropResponse' }, 'ERR_TRANSPORT'),
};

const refusalRows: Rows = Object.fromEntries(
  Object.entries(refusals).map(([what, refusal]) => [
    `a login ${what} is a typed error and leaves the session that was there`,
    (world: World) => refusedLogin(world, refusal),
  ]),
);

export const loginRows: Rows = {
  ...refusalRows,

  'a user with a second factor signs in with the one-time password only': async ({ provider, start, logIn }) => {
    const { browser } = await start('json');
    const user = await provider.createUser();
    const otp = await provider.requireOtp(user);
    const attempt = async (extra: object) => (await browser.post('/login', { ...user, ...extra })).body.code;
    assert.equal(await attempt({}), 'ERR_OTP_REQUIRED');
    assert.equal(await attempt({ otp: '000000' }), 'ERR_OTP_REQUIRED');
    assert.equal(await attempt({ otp: otp(), password: 'wrong' }), 'ERR_LOGIN_REJECTED');
    assert.equal(browser.cookies.size, 0);
    // A code that is about to be replaced could be refused by the time it arrives.
    const left = 30_000 - (Date.now() % 30_000);
    if (left < 3_000) await delay(left);
    await logIn(browser, user, { otp: otp() });
  },

  'a session that is not remembered goes with the browser, also after a refresh': async ({ start, logIn, provider }) => {
    const { browser } = await start('json');
    const user = await provider.createUser();
    const remembered = await browser.post('/login', { ...user });
    assert.match(String(remembered.setCookie[0]), /; Max-Age=604800;/);
    await browser.post('/logout');
    const page = await browser.post('/login', { ...user, remember: false });
    const renewed = await browser.get('/renew');
    for (const { status, setCookie } of [page, renewed]) {
      assert.equal(status, 200);
      assert.doesNotMatch(String(setCookie), /Max-Age|Expires/i);
      assert.match(String(setCookie), /; HttpOnly; Secure; SameSite=Lax$/);
    }
    await logIn(browser, user);
  },

  'onLogin fills the data, update replaces it, a refresh keeps it': async ({ start, logIn, provider }) => {
    const { browser } = await start('json', {
      onLogin: async ({ accessToken, fetch }) => {
        const answer: any = await (await fetch(`${provider.url}/users/me?fields=email`)).json();
        return { email: answer.data.email, hasToken: accessToken.length > 0 };
      },
    });
    const user = await provider.createUser();
    const session = await logIn(browser, user);
    assert.deepEqual(session.data, { email: user.email, hasToken: true });
    const data = { theme: 'dark', list: [1, 'zwei', null, '三'] };
    const updated = await browser.post('/update', data);
    assert.deepEqual([updated.body.id, updated.body.data], [session.id, data]);
    assert.equal((await browser.get('/renew')).status, 200);
    const later = (await browser.get('/data')).body.session;
    assert.deepEqual([later.id, later.generation, later.data], [session.id, 1, data]);
  },

  'data that fills several cookies is kept, and shrinks again': async ({ signIn }) => {
    const { browser, session } = await signIn();
    const data = 'x'.repeat(6_000);
    assert.equal((await browser.post('/update', data)).status, 200);
    assert.equal(browser.cookies.size, 3);
    assert.equal((await browser.get('/renew')).status, 200);
    assert.equal((await browser.get('/data')).body.session.data, data);
    assert.equal((await browser.post('/update', 'small')).status, 200);
    assert.equal(browser.cookies.size, 1);
    const page = await browser.get('/data');
    assert.deepEqual([page.body.session.id, page.body.session.data], [session.id, 'small']);
  },

  'without a session update is a typed error': async ({ start }) => {
    const { browser } = await start('json');
    assert.equal((await browser.post('/update', {})).body.code, 'ERR_SIGNED_OUT');
  },
};
