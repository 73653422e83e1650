import assert from 'node:assert/strict';
import type { DirectusUnderTest, Facts } from '../directus-contract.ts';
import type { Answer } from './client.ts';
import { assertCookies, assertRefused, cookie, cookieValue, createUser, decode, login, me, newSession, newTokens, bearer } from './client.ts';
import { post, refresh, REFRESH_COOKIE, SESSION_COOKIE, sessionCookie } from './client.ts';

export const refreshFacts: Facts = {
  'json mode answers with a new pair, and the old refresh token is dead at once': async (directus) => {
    const { refresh: old } = await newTokens(directus);
    const { status, data, headers } = await refresh(directus, old);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(data), ['expires', 'refresh_token', 'access_token']);
    assert.equal(data.expires, directus.accessTokenTtl * 1000);
    assert.deepEqual(headers.getSetCookie(), []);
    assert.equal(headers.get('cache-control'), 'no-cache');
    assert.notEqual(data.refresh_token, old);
    assert.equal((await me(directus, bearer(data.access_token))).status, 200);
    assertRefused(await refresh(directus, old), 401, 'INVALID_CREDENTIALS');
  },

  'using a rotated refresh token again does not end its successor': async (directus) => {
    const { refresh: old } = await newTokens(directus);
    const { data } = await refresh(directus, old);
    assertRefused(await refresh(directus, old), 401, 'INVALID_CREDENTIALS');
    assert.equal((await refresh(directus, data.refresh_token)).status, 200);
  },

  'cookie mode takes and gives the refresh token in a cookie': async (directus) => {
    const first = cookieValue(await login(directus, await createUser(directus), { mode: 'cookie' }), REFRESH_COOKIE);
    const answer = await post(directus, '/auth/refresh', { mode: 'cookie' }, cookie(REFRESH_COOKIE, first));
    assert.deepEqual(Object.keys(answer.data), ['expires', 'access_token']);
    const second = cookieValue(answer, REFRESH_COOKIE);
    assert.notEqual(second, first);
    assertCookies(answer, { name: REFRESH_COOKIE, value: second, maxAge: directus.refreshTokenTtl });
    assertRefused(await post(directus, '/auth/refresh', {}, cookie(REFRESH_COOKIE, first)), 401, 'INVALID_CREDENTIALS');
  },

  'a refresh token may change between json and cookie mode': async (directus) => {
    const { refresh: first } = await newTokens(directus);
    const second = cookieValue(await post(directus, '/auth/refresh', { mode: 'cookie' }, cookie(REFRESH_COOKIE, first)), REFRESH_COOKIE);
    assert.equal((await refresh(directus, second)).status, 200);
  },

  'the mode alone says where the refresh token is': async (directus) => {
    const { refresh: token } = await newTokens(directus);
    const { token: session } = await newSession(directus);
    const inRefreshCookie = cookie(REFRESH_COOKIE, token);
    const cases: Array<[body: object, headers: Record<string, string>]> = [
      [{}, {}],
      [{ mode: 'cookie', refresh_token: token }, {}],
      [{ mode: 'json' }, inRefreshCookie],
      [{ mode: 'other', refresh_token: token }, inRefreshCookie],
      [{}, sessionCookie(session)],
      [{ mode: 'session', refresh_token: token }, inRefreshCookie],
      [{ mode: 'session' }, bearer(session)],
    ];
    for (const path of ['/auth/refresh', '/auth/logout']) {
      for (const [body, headers] of cases) {
        const answer = await post(directus, path, body, headers);
        assertRefused(answer, 400, 'INVALID_PAYLOAD');
        assert.equal(answer.message, 'Invalid payload. The refresh token is required in either the payload or cookie.');
      }
    }
    assert.equal((await post(directus, '/auth/refresh', { refresh_token: token })).status, 200, 'a token in the body means json');
  },

  'an unknown refresh token is refused, a static token too': async (directus) => {
    const { token } = await createUser(directus);
    assertRefused(await refresh(directus, 'unknown'), 401, 'INVALID_CREDENTIALS');
    assertRefused(await refresh(directus, token), 401, 'INVALID_CREDENTIALS');
  },

  'of twenty parallel json refreshes several may succeed, and exactly one of their tokens is alive': (directus) =>
    untilSeveralSucceed(async () => {
      const { refresh: token } = await newTokens(directus);
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(directus, token)));
      return assertOneSurvivor(directus, answers, ({ data }) => data.refresh_token);
    }),

  'of twenty parallel cookie refreshes several may succeed, and exactly one of their tokens is alive': (directus) =>
    untilSeveralSucceed(async () => {
      const { refresh: token } = await newTokens(directus);
      const send = () => post(directus, '/auth/refresh', { mode: 'cookie' }, cookie(REFRESH_COOKIE, token));
      const answers = await Promise.all(Array.from({ length: 20 }, send));
      return assertOneSurvivor(directus, answers, (answer) => cookieValue(answer, REFRESH_COOKIE));
    }),

  'access tokens of one second are identical': async (directus) => {
    const { refresh: token } = await newTokens(directus);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(directus, token)));
    const tokens = succeeded(answers).map(({ data }) => data.access_token as string);
    const seconds = tokens.map((accessToken) => decode(accessToken).claims.iat);
    assert.equal(new Set(tokens).size, new Set(seconds).size);
  },

  'a session may be refreshed in json mode by its claim, which ends the session token': async (directus) => {
    const { token } = await newSession(directus);
    assert.equal((await refresh(directus, decode(token).claims.session)).status, 200);
    const answer = await me(directus, sessionCookie(token));
    assertRefused(answer, 401, 'INVALID_CREDENTIALS');
    assertCookies(answer, { name: SESSION_COOKIE, value: '', maxAge: directus.sessionCookieTtl });
  },
};

function succeeded(answers: Answer[]): Answer[] {
  return answers.filter(({ status }) => status === 200);
}

/** How many of twenty succeed is the server's scheduling: on a loaded machine it can be one, so that more rounds are needed. */
async function untilSeveralSucceed(round: () => Promise<number>): Promise<void> {
  for (let left = 20; left > 0; left -= 1) if ((await round()) > 1) return;
  assert.fail('in twenty rounds never more than one succeeded');
}

/** @returns how many of the answers were successes */
async function assertOneSurvivor(directus: DirectusUnderTest, answers: Answer[], tokenOf: (answer: Answer) => string): Promise<number> {
  const tokens = succeeded(answers).map(tokenOf);
  assert.equal(new Set(tokens).size, tokens.length);
  for (const answer of answers) if (answer.status !== 200) assertRefused(answer, 401, 'INVALID_CREDENTIALS');

  let alive = 0;
  for (const token of tokens) if ((await refresh(directus, token)).status === 200) alive += 1;
  assert.equal(alive, 1);
  return tokens.length;
}
