import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directus } from '../../js/directus.ts';
import { CookieRelay } from '../../js/relay.ts';
import type { Fetch } from '../../js/web.ts';

const NOW = Math.floor(Date.now() / 1000);
const relay = new CookieRelay({}, directus({ url: 'https://cms.example.com', relay: true }), true);

function token(claims: object): string {
  const payload = { id: 'ada', session: 'x', iat: NOW, exp: NOW + 60, ...claims };
  return `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
}

const cookie = (value: string) => `theme=dark; directus_session_token=${value}`;

test('the page is ahead with another token of the same user that is not older', () => {
  const ours = token({});
  const ahead = (theirs: string) => relay.ahead(cookie(theirs), ours) !== null;
  assert.ok(ahead(token({ session: 'y' })) && ahead(token({ iat: NOW + 1, name: 'ü' })));
  for (const theirs of [ours, token({ iat: NOW - 1 }), token({ iat: NOW + 1, id: 'bob' }), token({ iat: NOW + 1, share: 's' }), 'garbage', 'a.b.c', '']) {
    assert.ok(!ahead(theirs), theirs);
  }
  assert.equal(relay.ahead('', ours), null);
});

test('the page is taken at the cookie that Directus would read: the first, and none where that is empty', () => {
  const presented = (value: string) => relay.presented(cookie(value));
  assert.equal(presented('a; directus_session_token=b'), 'a');
  assert.equal(presented('; directus_session_token=b'), null);
  assert.equal(presented('"a=b="'), 'a=b=');
  assert.equal(relay.presented('xdirectus_session_token=a'), null);
});

test('the browser gets a token that it does not have, until it is closed', () => {
  const ours = token({});
  assert.deepEqual(relay.follow(cookie(ours), ours), []);
  const [set] = relay.follow(cookie(token({ id: 'bob' })), ours);
  assert.deepEqual([set?.name, set?.value], ['directus_session_token', ours]);
  assert.equal(set?.attributes.maxAge, null);
});

test('only an expired cookie is taken away from whoever is not signed in', () => {
  const removed = (value: string) => relay.removeExpired(cookie(value)).map(({ value: left, attributes }) => [left, attributes.maxAge]);
  assert.deepEqual(removed(token({ exp: NOW - 1 })), [['', 0]]);
  assert.deepEqual([removed(token({})), removed('static'), relay.removeExpired('')], [[], [], []]);
});

/** What is sent, and the statuses that answer it in turn. */
async function sent(path: string, ...statuses: number[]) {
  const cookies: unknown[] = [];
  const fetch = async (_: string, init: { headers: Record<string, string> }) => {
    cookies.push(init.headers['cookie']);
    return new Response(null, { status: statuses.shift() ?? 200 });
  };
  const sending = relay.sending(fetch as unknown as Fetch, 'theirs') as unknown as typeof fetch;
  const { status } = await sending(`https://cms.example.com/auth/${path}`, { headers: { cookie: 'ours' } });
  return [status, ...cookies];
}

test("a renewal tries the page's token first and ours only where that is refused", async () => {
  const theirs = 'directus_session_token=theirs';
  assert.deepEqual(await sent('refresh'), [200, theirs]);
  assert.deepEqual(await sent('refresh', 401, 200), [200, theirs, 'ours']);
  assert.deepEqual(await sent('refresh', 403, 401), [401, theirs, 'ours']);
  assert.deepEqual(await sent('refresh', 503), [503, theirs], 'it may have been renewed all the same');
  assert.deepEqual(await sent('logout', 204, 204), [204, theirs, 'ours']);
  assert.deepEqual(await sent('login'), [200, 'ours']);
});
