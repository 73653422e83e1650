/** The provider's clock, as a process learns it from answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oauth } from '../../js/oauth.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';

const API = 'https://api.example.com';

/** A manager over an authorization server of this name, which stamps its answers with `date`. */
function managerOf(server: string, date: () => string, accessToken = 'opaque', lifetime = 900) {
  const sent: string[] = [];
  const fetch = (async (url: string) => {
    sent.push(url);
    const tokens = { access_token: accessToken, refresh_token: 'r', expires_in: lifetime };
    return Response.json(tokens, { headers: { date: date() } });
  }) as Fetch;
  const provider = oauth({ url: API, tokenEndpoint: `https://${server}.example.com/token`, clientId: 'app' });
  return { manager: new TokenManager({ provider, secret: SECRET, fetch }, true), sent };
}

async function adopt(manager: TokenManager, lifetime = 900): Promise<string> {
  const answer = { access_token: 'first', refresh_token: 'r', expires_in: lifetime };
  const outcome = await manager.run({ kind: 'adopt', cookies: '', answer, remember: true }).outcome;
  assert.ok(outcome.kind === 'signedIn');
  return outcome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

async function renew(manager: TokenManager, cookies: string) {
  const outcome = await manager.run({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }).outcome;
  assert.ok(outcome.kind === 'signedIn');
  return { session: outcome.session, cookies: outcome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
}

test('the clock that is learned is that of the server that issues tokens, not of the API that it shares with others', async () => {
  const ahead = managerOf('ahead', () => new Date(Date.now() + 600_000).toUTCString());
  const exact = managerOf('exact', () => new Date().toUTCString());
  await renew(ahead.manager, await adopt(ahead.manager));
  const cookies = await adopt(exact.manager);
  const opened = exact.manager.open(cookies);
  assert.ok(typeof opened !== 'string' && opened.expiresAt !== null);
  assert.ok(Math.abs(opened.expiresAt - Date.now() - 900_000) < 2000);
  const { session } = await renew(exact.manager, cookies);
  assert.ok(Math.abs((session.expiresAt ?? 0) - Date.now() - 900_000) < 2000);
  const again = exact.manager.open(cookies);
  assert.ok(typeof again !== 'string' && again.expiresAt !== null);
  assert.ok(Math.abs(again.expiresAt - Date.now() - 900_000) < 2000, 'what was sealed before means the same after');
});

for (const [what, date] of [
  ['of 1970', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['of 2100', 'Fri, 01 Jan 2100 00:00:00 GMT'],
  ['of the year 275760', 'Sat, 13 Sep 275760 00:00:00 GMT'],
  ['that is none', 'tomorrow'],
] as const) {
  test(`a Date header ${what} does not make a living token look dead`, async () => {
    const exp = Math.floor(Date.now() / 1000) + 900;
    const jwt = `e30.${Buffer.from(JSON.stringify({ exp, iat: exp - 900 })).toString('base64url')}.c2ln`;
    const { manager, sent } = managerOf(`absurd-${what.replaceAll(' ', '-')}`, () => date, jwt);
    const { session, cookies } = await renew(manager, await adopt(manager));
    assert.ok(Math.abs((session.expiresAt ?? 0) - Date.now() - 900_000) < 2000);
    const opened = manager.open(cookies);
    assert.ok(typeof opened !== 'string' && opened.state === 'fresh');
    assert.equal(sent.length, 1);
  });
}

test('a Retry-After of a day is reported as it was said, and tried again after five minutes', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const state = { busy: true };
  const fetch = (async () =>
    state.busy
      ? new Response(null, { status: 429, headers: { 'retry-after': '86400' } })
      : Response.json({ access_token: 'second', refresh_token: 'r', expires_in: 900 })) as Fetch;
  const provider = oauth({ url: API, tokenEndpoint: 'https://busy.example.com/token', clientId: 'app' });
  const manager = new TokenManager({ provider, secret: SECRET, fetch }, true);
  const cookies = await adopt(manager);
  const ask = () => manager.run({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }).outcome;
  const first = await ask();
  assert.ok(first.kind === 'unavailable' && first.error.retryAfterMs === 86_400_000);
  state.busy = false;
  t.mock.timers.tick(299_000);
  assert.equal((await ask()).kind, 'unavailable');
  t.mock.timers.tick(2000);
  assert.equal((await ask()).kind, 'signedIn');
});
