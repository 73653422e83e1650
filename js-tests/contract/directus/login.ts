import assert from 'node:assert/strict';
import type { Facts } from '../directus-contract.ts';
import { assertCookies, assertRefused, cookieValue, createUser, decode, login, post, read, refresh, REFRESH_COOKIE, SESSION_COOKIE } from './client.ts';

const REFRESH_TOKEN = /^[\w-]{64}$/;

export const loginFacts: Facts = {
  'json is the default mode, and its tokens are in the body': async (directus) => {
    const user = await createUser(directus);
    for (const extra of [{}, { mode: 'json' }]) {
      const { data, headers } = await login(directus, user, extra);
      assert.deepEqual(Object.keys(data), ['expires', 'refresh_token', 'access_token']);
      assert.equal(data.expires, directus.accessTokenTtl * 1000);
      assert.match(data.refresh_token, REFRESH_TOKEN);
      assert.deepEqual(headers.getSetCookie(), []);
      assert.equal(headers.get('cache-control'), 'no-cache');
    }
  },

  'cookie mode puts the refresh token in a cookie': async (directus) => {
    const answer = await login(directus, await createUser(directus), { mode: 'cookie' });
    assert.deepEqual(Object.keys(answer.data), ['expires', 'access_token']);
    assert.equal(answer.data.expires, directus.accessTokenTtl * 1000);
    const value = cookieValue(answer, REFRESH_COOKIE);
    assert.match(value, REFRESH_TOKEN);
    assertCookies(answer, { name: REFRESH_COOKIE, value, maxAge: directus.refreshTokenTtl });
  },

  'session mode puts one session token in a cookie': async (directus) => {
    const answer = await login(directus, await createUser(directus), { mode: 'session' });
    assert.deepEqual(answer.data, { expires: directus.sessionCookieTtl * 1000 });
    const value = cookieValue(answer, SESSION_COOKIE);
    assertCookies(answer, { name: SESSION_COOKIE, value, maxAge: directus.sessionCookieTtl });
  },

  'an access token is an HS256 JWT with these claims': async (directus) => {
    const user = await createUser(directus);
    const { header, claims } = decode((await login(directus, user)).data.access_token);
    assert.deepEqual(header, { alg: 'HS256', typ: 'JWT' });
    const { iat } = claims;
    const exp = iat + directus.accessTokenTtl;
    assert.ok(Number.isInteger(iat));
    assert.deepEqual(claims, { id: user.id, role: null, app_access: false, admin_access: false, iat, exp, iss: 'directus' });
  },

  'a session token also names its session, which is a refresh token': async (directus) => {
    const user = await createUser(directus);
    const { claims } = decode(cookieValue(await login(directus, user, { mode: 'session' }), SESSION_COOKIE));
    const { iat, session } = claims;
    const exp = iat + directus.sessionCookieTtl;
    assert.match(session, REFRESH_TOKEN);
    assert.deepEqual(claims, { id: user.id, role: null, app_access: false, admin_access: false, session, iat, exp, iss: 'directus' });
  },

  'a wrong password and an unknown user are refused alike': async (directus) => {
    const { email } = await createUser(directus);
    for (const credentials of [{ email, password: 'wrong' }, { email: 'nobody@example.com', password: 'wrong' }]) {
      const answer = await post(directus, '/auth/login', credentials);
      assertRefused(answer, 401, 'INVALID_CREDENTIALS');
      assert.equal(answer.message, 'Invalid user credentials.');
    }
  },

  'the case of the address does not matter': async (directus) => {
    const user = await createUser(directus);
    await login(directus, { ...user, email: user.email.toUpperCase() });
  },

  'the first thing wrong with the body is named': async (directus) => {
    const user = { email: 'ada@example.com', password: 'x' };
    const cases: Array<[body: unknown, reason: string]> = [
      [{}, '"email" is required'],
      [{ ...user, email: 5 }, '"email" must be a string'],
      [{ ...user, email: 'ada' }, '"email" must be a valid email'],
      [{ ...user, email: 'ada@example.test' }, '"email" must be a valid email'],
      [{ email: 'ada@example.com' }, '"password" is required'],
      [{ ...user, password: '' }, '"password" is not allowed to be empty'],
      [{ ...user, mode: 'other' }, '"mode" must be one of [cookie, json, session]'],
      [{ ...user, otp: 123456 }, '"otp" must be a string'],
      [[], '"value" must be of type object'],
    ];
    for (const [body, reason] of cases) {
      const answer = await post(directus, '/auth/login', body);
      assertRefused(answer, 400, 'INVALID_PAYLOAD');
      assert.equal(answer.message, `Invalid payload. ${reason}.`);
    }
  },

  'a body that is not declared as JSON counts as empty, and one that is not JSON is refused': async (directus) => {
    const { email, password } = await createUser(directus);
    const send = async (init: RequestInit) => read(await fetch(`${directus.url}/auth/login`, { method: 'POST', ...init }));
    const form = await send({ body: new URLSearchParams({ email, password }) });
    assert.equal(form.message, 'Invalid payload. "email" is required.');
    assertRefused(await send({ body: '{', headers: { 'content-type': 'application/json' } }), 400, 'INVALID_PAYLOAD');
    assertRefused(await send({ body: 'null', headers: { 'content-type': 'application/json' } }), 400, 'INVALID_PAYLOAD');
  },

  'a user with a second factor needs the one-time password, at login only': async (directus) => {
    const user = await createUser(directus);
    const currentOtp = await directus.requireOtp(user);
    const { email, password } = user;
    assertRefused(await post(directus, '/auth/login', { email, password }), 401, 'INVALID_OTP');
    assertRefused(await post(directus, '/auth/login', { email, password, otp: 'wrong' }), 401, 'INVALID_OTP');
    assertRefused(await post(directus, '/auth/login', { email, password: 'wrong', otp: currentOtp() }), 401, 'INVALID_CREDENTIALS');
    const { data } = await login(directus, user, { otp: currentOtp() });
    assert.equal((await refresh(directus, data.refresh_token)).status, 200);
  },

  'an unneeded one-time password is ignored': async (directus) => {
    await login(directus, await createUser(directus), { otp: '123456' });
  },
};
