/** The golden answers of authorization servers, from the HTTP response to what the application sees. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Input } from '../../js/core.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthEvent, ErrorInfo } from '../../js/events.ts';
import type { ProviderConfig } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';

interface Answer {
  readonly status: number;
  readonly headers: [name: string, value: string][];
  readonly body: string;
}

interface Vector {
  readonly name: string;
  readonly call: 'refresh' | 'revoke' | 'data';
  readonly provider: string;
  readonly clock: { readonly now: number };
  readonly answer: Answer | 'notConnected' | 'unknown';
  readonly outcome: { readonly kind: string; readonly tokens?: { accessToken: string; expiresAt: number | null }; readonly error?: object };
}

interface File {
  readonly providers: Record<string, ProviderConfig>;
  readonly tokens: Record<string, { accessToken: string; refreshToken: string; scope: string }>;
  readonly vectors: Vector[];
}

function read(name: string): File {
  return JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), 'utf8'));
}

function respond(answer: Vector['answer']): Response {
  if (answer === 'notConnected') throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
  if (typeof answer === 'string') throw new TypeError('terminated');
  const hasBody = answer.status !== 204 && answer.status !== 304;
  return new Response(hasBody ? answer.body : null, answer);
}

/** A manager whose provider gives this answer, and the cookies of a session that is there. */
async function scene(t: TestContext, file: File, vector: Vector) {
  t.mock.timers.enable({ apis: ['Date'], now: vector.clock.now });
  const events: AuthEvent[] = [];
  const provider = { ...file.providers[vector.provider], revocationEndpoint: 'https://id.example.com/revoke' } as unknown as ProviderConfig;
  const fetch = (async () => respond(vector.answer)) as Fetch;
  const manager = new TokenManager({ provider, secret: SECRET, fetch, onEvent: (event) => events.push(event) }, true);
  const run = async (input: Input) => manager.run(input).outcome;
  const { opaque } = file.tokens;
  assert.ok(opaque);
  const answer = { access_token: opaque.accessToken, refresh_token: opaque.refreshToken, scope: opaque.scope, expires_in: 600 };
  const adopted = await run({ kind: 'adopt', cookies: '', answer, remember: true });
  assert.ok(adopted.kind === 'signedIn');
  const cookies = adopted.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  return { manager, run, events, cookies };
}

const CLASSES: Record<string, string> = { interactionRequired: 'refused' };

const plays: Record<Vector['call'], (t: TestContext, file: File, vector: Vector) => Promise<void>> = {
  async refresh(t, file, vector) {
    const { run, events, cookies } = await scene(t, file, vector);
    const { outcome } = vector;
    const found = await run({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } });
    if (outcome.kind === 'renewed') {
      assert.ok(found.kind === 'signedIn' && found.how === 'refreshed', found.kind);
      const { accessToken, expiresAt, generation } = found.session;
      assert.deepEqual({ accessToken, expiresAt, generation }, { accessToken: outcome.tokens?.accessToken, expiresAt: outcome.tokens?.expiresAt, generation: 1 });
      return;
    }
    const [failed] = events;
    assert.ok(failed?.type === 'refreshFailed', failed?.type);
    const { message, ...error } = failed.error as ErrorInfo;
    assert.deepEqual([failed.class, error], [CLASSES[outcome.kind] ?? outcome.kind, outcome.error]);
    assert.equal(found.kind, outcome.kind === 'refused' ? 'signedOut' : 'unavailable');
    assert.equal(found.cookies.length, outcome.kind === 'refused' ? 1 : 0);
  },

  async revoke(t, file, vector) {
    const { manager, events, cookies } = await scene(t, file, vector);
    const later = t.mock.method(globalThis, 'setTimeout', (() => 0) as unknown as typeof setTimeout);
    const { outcome } = manager.run({ kind: 'logout', cookies });
    const settled = new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await (vector.outcome.kind === 'retryLater' ? settled : outcome);
    const told = events.filter(({ type }) => type === 'revoked' || type === 'revocationFailed').map(({ type }) => type);
    const expected = { done: ['revoked'], misconfigured: ['revocationFailed'], retryLater: [] }[vector.outcome.kind];
    assert.deepEqual(told, expected);
    later.mock.restore();
  },

  async data(t, file, vector) {
    const { manager } = await scene(t, file, vector);
    const { status, headers, body } = vector.answer as Answer;
    const challenge = headers.find(([name]) => name === 'www-authenticate')?.[1] ?? null;
    const read = { status, date: null, retryAfterMs: null, setCookie: [], body: parsed(body) };
    assert.equal(manager.rejectsAccessToken(read, challenge), vector.outcome.kind === 'accessTokenRejected');
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

for (const name of ['oauth-answers', 'oauth-documented']) {
  const file = read(name);
  for (const vector of file.vectors) {
    test(`${name}, ${vector.call}: ${vector.name}`, (t) => plays[vector.call](t, file, vector));
  }
}

test('no mutated answer throws, and none ends a session unless it says invalid_grant', async () => {
  const bodies = ['oauth-answers', 'oauth-documented'].flatMap((name) =>
    read(name).vectors.flatMap(({ answer }) => (typeof answer === 'string' ? [] : [answer.body])),
  );
  let seed = 20_260_102;
  const below = (bound: number) => (seed = (seed * 48_271) % 2_147_483_647) % bound;
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const pieces = ['"', '{', '}', '[', '\\u0000', 'null', '1e999', '<html>', '"error":"invalid_grant",', '\ud800', '"__proto__":'];
  const delays = ['', '-1', '1e999', 'tomorrow', 'Thu, 01 Jan 1970 00:00:00 GMT', 'NaN', '0x10', '9'.repeat(400)];
  const state = { body: '', status: 200, retryAfter: '' };
  const fetch = (async () => new Response(state.body, { status: state.status, headers: { 'retry-after': state.retryAfter } })) as Fetch;
  const provider = { kind: 'oauth', url: 'https://api.example.com', tokenEndpoint: 'https://id.example.com/token', clientId: 'app' } as ProviderConfig;
  const counts = { refused: 0, renewed: 0, kept: 0 };
  const events: AuthEvent[] = [];
  const manager = new TokenManager({ provider, secret: SECRET, fetch, onEvent: (event) => events.push(event) }, true);
  for (let round = 0; round < 3000; round += 1) {
    const at = below(200);
    const body = pick(bodies);
    state.body = pick([body.slice(0, at), body.slice(0, at) + pick(pieces) + body.slice(at), body + pick(bodies), body.slice(0, at) + body.slice(at + 1)]);
    state.status = pick([200, 400, 401, 403, 429, 500, 503]);
    state.retryAfter = pick(delays);
    const adopted = await manager.run({ kind: 'adopt', cookies: '', answer: { access_token: 'a', refresh_token: 'r' }, remember: true }).outcome;
    assert.ok(adopted.kind === 'signedIn');
    const cookies = adopted.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const { kind } = await manager.run({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }).outcome;
    if (kind === 'signedOut') assert.match(state.body, /"error"\s*:\s*"invalid_grant"/);
    counts[kind === 'signedOut' ? 'refused' : kind === 'signedIn' ? 'renewed' : 'kept'] += 1;
  }
  assert.ok(Math.min(...Object.values(counts)) > 30, JSON.stringify(counts));
  assert.ok(!events.some(({ type }) => type === 'coreRestarted'));
});
