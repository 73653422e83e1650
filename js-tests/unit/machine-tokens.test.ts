/** The application's own tokens, from a token endpoint in the test's hands. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { isAuthError } from '../../js/errors.ts';
import { type ClientCredentialsOptions, clientCredentials } from '../../js/oauth.ts';

type Answer = () => Response | Promise<Response>;

let issued = 0;
/** Each test its own server: the tokens of one process are shared. */
let servers = 0;

beforeEach(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_800_000_000_000 }));
afterEach(() => mock.timers.reset());

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers });
}

const fresh: Answer = () => answer(200, { access_token: `token-${(issued += 1)}`, expires_in: 600 });

function server(options: Partial<ClientCredentialsOptions> = {}) {
  issued = 0;
  const sent: URLSearchParams[] = [];
  const scene = { answer: fresh, sent };
  const fetch = async (_: unknown, init: { body: string }) => {
    sent.push(new URLSearchParams(init.body));
    return scene.answer();
  };
  const all = {
    tokenEndpoint: `https://id.example/${(servers += 1)}/token`,
    clientId: 'app',
    clientSecret: 'hunter2',
    fetch: fetch as never,
    ...options,
  };
  return { ...scene, all, tokens: clientCredentials(all), answers: (next: Answer) => void (scene.answer = next) };
}

function code(expected: string) {
  return (error: unknown) => isAuthError(error) && error.code === expected;
}

test('a token is fetched once for each audience, and kept', async () => {
  const { tokens, sent } = server({ body: { tenant: 'a' }, scope: 'read' });
  assert.equal(await tokens.getAccessToken({ audience: 'one' }), 'token-1');
  assert.equal(await tokens.getAccessToken({ audience: 'one' }), 'token-1');
  assert.equal(await tokens.getAccessToken({ audience: 'two' }), 'token-2');
  assert.equal(await tokens.getAccessToken({ audience: 'one' }), 'token-1');
  assert.deepEqual(sent.map((form) => Object.fromEntries(form)), [
    { grant_type: 'client_credentials', scope: 'read', tenant: 'a', audience: 'one' },
    { grant_type: 'client_credentials', scope: 'read', tenant: 'a', audience: 'two' },
  ]);
});

test('twenty callers at once are one request', async () => {
  const { tokens, sent } = server();
  const got = await Promise.all(Array.from({ length: 20 }, () => tokens.getAccessToken()));
  assert.deepEqual(new Set(got), new Set(['token-1']));
  assert.equal(sent.length, 1);
});

test('another object with the same settings in the same process asks for no other token', async () => {
  const { all, sent } = server();
  await clientCredentials(all).getAccessToken();
  await clientCredentials(all).getAccessToken();
  assert.equal(sent.length, 1);
});

test('shortly before it expires it is fetched anew, and nobody waits for that', async () => {
  const { tokens, sent } = server();
  await tokens.getAccessToken();
  mock.timers.tick(569_000);
  await tokens.getAccessToken();
  assert.equal(sent.length, 1);
  mock.timers.tick(2_000);
  assert.equal(await tokens.getAccessToken(), 'token-1');
  assert.equal(sent.length, 2);
  await settled();
  assert.equal(await tokens.getAccessToken(), 'token-2');
});

test('a failed renewal leaves the token that still works, and the server alone for a while', async () => {
  const { tokens, sent, answers } = server();
  await tokens.getAccessToken();
  answers(() => answer(503, {}));
  mock.timers.tick(580_000);
  for (let call = 0; call < 5; call += 1) {
    assert.equal(await tokens.getAccessToken(), 'token-1');
    await settled();
  }
  assert.equal(sent.length, 2);
  mock.timers.tick(2_001);
  await tokens.getAccessToken();
  assert.equal(sent.length, 3);
});

test('without a token the failure is thrown, retryable, and thrown again until the cool-down is over', async () => {
  const { tokens, sent, answers } = server();
  answers(() => answer(503, {}, { 'retry-after': '7' }));
  await assert.rejects(tokens.getAccessToken(), (error) => {
    assert.ok(isAuthError(error));
    assert.deepEqual(
      [error.code, error.retryable, error.retryAfterMs, error.status],
      ['ERR_PROVIDER_UNAVAILABLE', true, 7000, 503],
    );
    return true;
  });
  answers(fresh);
  await assert.rejects(tokens.getAccessToken(), code('ERR_PROVIDER_UNAVAILABLE'));
  assert.equal(sent.length, 1);
  mock.timers.tick(7_000);
  assert.equal(await tokens.getAccessToken(), 'token-1');
});

test('a server that hangs costs a caller five seconds, and its answer is not lost', async () => {
  const { tokens, sent, answers } = server();
  const { promise, resolve } = Promise.withResolvers<Response>();
  answers(() => promise);
  const waiting = assert.rejects(tokens.getAccessToken(), code('ERR_TIMEOUT'));
  mock.timers.tick(5_000);
  await waiting;
  resolve(fresh() as Response);
  await settled();
  assert.equal(await tokens.getAccessToken(), 'token-1');
  assert.equal(sent.length, 1);
});

test('a request that never settles, as of a visitor who has gone, is given up after half a minute', async () => {
  const { tokens, sent, answers } = server();
  answers(() => new Promise(() => {}));
  const waiting = assert.rejects(tokens.getAccessToken(), code('ERR_TIMEOUT'));
  mock.timers.tick(29_999);
  await waiting;
  answers(fresh);
  const follower = assert.rejects(tokens.getAccessToken(), code('ERR_TIMEOUT'));
  mock.timers.tick(5_000);
  await follower;
  assert.equal(sent.length, 1);
  const token = tokens.getAccessToken();
  assert.equal(sent.length, 2);
  assert.equal(await token, 'token-1');
});

test('a refused client is an error that says what to change, without the secret', async () => {
  const { tokens, answers } = server();
  answers(() => answer(401, { error: 'invalid_client', error_description: 'hunter2' }));
  await assert.rejects(tokens.getAccessToken(), (error) => {
    assert.ok(isAuthError(error));
    assert.equal(error.code, 'ERR_PROVIDER_REJECTED');
    assert.match(error.message, /clientSecret/);
    assert.doesNotMatch(JSON.stringify({ ...error, message: error.message }), /hunter2/);
    return true;
  });
});

test('settings that are missing are named at the first use', async () => {
  const { tokens } = server({ clientSecret: undefined });
  await assert.rejects(tokens.getAccessToken(), code('ERR_CONFIG'));
  await assert.rejects(tokens.getAccessToken(), /clientSecret/);
});

/** Lets what is under way come to its end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
