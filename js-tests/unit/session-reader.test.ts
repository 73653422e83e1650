import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SECRET } from '../support/app.ts';
import { coreConfig, signIn, testCore, tokenAnswer } from '../support/core.ts';
import { Core } from '../../js/core.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';

interface Vector {
  title: string;
  cookies: [name: string, value: string][];
  session: {
    id: string;
    generation: number;
    provider: string;
    instance: number[];
    tokens: { accessToken: string; expiresAt: number | null };
    sealedAt: number;
    data: string | null;
  };
}

const vectors: { secret: string; previousSecret: string; sessions: Vector[] } = JSON.parse(
  readFileSync(new URL('../../tests/vectors/session-v1.json', import.meta.url), 'utf8'),
);
const secrets = [vectors.secret, vectors.previousSecret];
const header = (cookies: Iterable<readonly [string, string]>) => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

for (const { title, cookies, session } of vectors.sessions) {
  test(`golden vector: ${title}`, () => {
    const insecure = !cookies[0]?.[0].startsWith('__Host-');
    const core = testCore({ secrets, secure: !insecure, cookieName: /^(?:__Host-)?(.*)-.{8}(?:\.0)?$/.exec(cookies[0]?.[0] ?? '')?.[1] });
    const opened = core.open(header(cookies), { now: session.sealedAt + 1, skewMs: 0 });
    if (session.provider !== 'directus') return assert.equal(opened, 'unreadable');
    assert.ok(typeof opened === 'object', String(opened));
    const { state: _state, ...fields } = opened;
    assert.deepEqual(fields, {
      id: session.id,
      generation: session.generation,
      expiresAt: session.tokens.expiresAt,
      accessToken: session.tokens.accessToken,
      data: session.data,
      sealedAt: session.sealedAt,
      instance: Buffer.from(session.instance).toString('hex'),
    });
  });
}

/** A session as a browser has it after a login, by name and value. */
async function goodCookies(data?: unknown): Promise<Map<string, string>> {
  const options = { provider: directus({ url: 'http://directus.example.com' }), secret: SECRET, fetch: async () => tokenAnswer() };
  const manager = new TokenManager(options, true);
  const cookies = await signIn(manager);
  const updated = data === undefined ? [] : manager.update(cookies, JSON.stringify(data));
  const jar = new Map(cookies.split('; ').map((pair) => pair.split('=') as [string, string]));
  for (const { name, value } of updated) value === '' ? jar.delete(name) : jar.set(name, value);
  return jar;
}

const clock = () => ({ now: Date.now(), skewMs: 0 });
const core = testCore();

function assertSignedOut(cookies: string, what: string): void {
  const opened = core.open(cookies, clock());
  assert.ok(opened === 'absent' || opened === 'unreadable', what);
}

const [[name, value]] = [...(await goodCookies())] as [[string, string]];

test('the cookie that the bad ones are made from is good', () => {
  const opened = core.open(`${name}=${value}`, clock());
  assert.equal(typeof opened === 'object' && opened.accessToken, 'access');
});

test('a cookie that is cut off anywhere is a visitor', () => {
  for (let length = 0; length < value.length; length++) assertSignedOut(`${name}=${value.slice(0, length)}`, `${length} characters`);
});

test('a cookie with any one bit flipped is a visitor', () => {
  const bytes = Buffer.from(value, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assertSignedOut(`${name}=${flipped.toString('base64url')}`, `bit ${bit}`);
  }
});

test('random text, bytes that are no text, and foreign cookies are visitors', () => {
  for (let round = 0; round < 2_000; round++) {
    const bytes = randomBytes(round % 700);
    for (const text of [bytes.toString('base64url'), bytes.toString('latin1'), bytes.toString('utf8'), bytes.toString('utf16le')]) {
      assertSignedOut(`${name}=${text}`, 'as a value');
      assertSignedOut(text, 'as a header');
    }
  }
  for (const other of ['', ';', '=', ';;=;', 'a', `${name}`, `${name}=`, `=${value}`, `x${name}=${value}`, `${name}x=${value}`, 'a=b; c=d']) {
    assertSignedOut(other, other);
  }
});

test('a cookie of another name, another key or another provider is a visitor', async () => {
  const renamed = name.slice(0, -1) + (name.endsWith('A') ? 'B' : 'A');
  assertSignedOut(`${renamed}=${value}`, 'renamed');
  const another = testCore({ secrets: ['another secret of more than thirty-two characters'] });
  assert.equal(another.open(`${name}=${value}`, clock()), 'unreadable');
});

test('a secret that has become the second one still opens', () => {
  const rotated = testCore({ secrets: ['another secret of more than thirty-two characters', SECRET] });
  assert.equal(typeof rotated.open(`${name}=${value}`, clock()), 'object');
});

test('chunks that are missing, doubled, mixed or far too many are a visitor', async () => {
  const first = await goodCookies('x'.repeat(9_000));
  const second = await goodCookies('y'.repeat(9_000));
  const base = [...first.keys()][0]?.replace(/\.\d+$/, '');
  assert.equal(first.size, 4);
  assert.equal(typeof core.open(header(first), clock()), 'object');
  for (const missing of first.keys()) {
    assertSignedOut(header([...first].filter(([name]) => name !== missing)), `without ${missing}`);
  }
  const mixed = [...first].map(([name, value], index) => [name, index === 1 ? [...second.values()][1] ?? '' : value] as const);
  assertSignedOut(header(mixed), 'mixed');
  assertSignedOut(header(Array.from({ length: 300 }, (_, index) => [`${base}.${index}`, `300.${'x'.repeat(150)}`] as const)), '300 chunks');
  assert.equal(typeof core.open(header([...first, ...first]), clock()), 'object');
});

test('a megabyte of cookies is a visitor, whatever is in it', () => {
  const megabyte = 'x'.repeat(2 ** 20);
  assertSignedOut(`${name}=${megabyte}`, 'one value');
  assertSignedOut(`a=${megabyte}; ${name}=${value}`, 'before a good one');
  assertSignedOut(`${name}=${value}; a=${megabyte}`, 'after a good one');
  assertSignedOut('€'.repeat(2 ** 19), 'three bytes each');
});

test('sixty-four kilobytes of cookies are read to the last byte', () => {
  const room = 64 * 1024 - `${name}=${value}; a=`.length;
  assert.equal(typeof core.open(`a=${'x'.repeat(room)}; ${name}=${value}`, clock()), 'object');
  assertSignedOut(`a=${'x'.repeat(room + 1)}; ${name}=${value}`, 'a byte too many');
});

test('a bad cookie costs no more than a few good ones', (context) => {
  const flipped = value.slice(0, -20) + (value.at(-20) === 'A' ? 'B' : 'A') + value.slice(-19);
  const many = Array.from({ length: 8 }, (_, index) => `__Host-tokenkeep-aaaaaaa${index}=${value}`).join('; ');
  const good = nanosecondsOf(`${name}=${value}`);
  const ratios = Object.entries({
    'bit flipped': `${name}=${flipped}`,
    truncated: `${name}=${value.slice(0, -1)}`,
    garbage: `${name}=garbage`,
    'another name': `${name.slice(0, -1)}!=${value}`,
    '8 foreign': many,
    '300 chunks': header(Array.from({ length: 300 }, (_, index) => [`${name}.${index}`, 'x'.repeat(150)] as const)),
    '64 KiB': `${name}=${'x'.repeat(64 * 1024 - name.length - 1)}`,
    '1 MB': `${name}=${'x'.repeat(2 ** 20)}`,
  }).map(([what, cookies]) => [what, nanosecondsOf(cookies) / good] as const);
  context.diagnostic(`good: 1; ${ratios.map(([what, ratio]) => `${what}: ${ratio.toFixed(1)}`).join('; ')}`);
  // All of them are linear in their length; a quadratic one would be far beyond this on any machine.
  for (const [what, ratio] of ratios) assert.ok(ratio < 500, `${what}: ${ratio}`);
});

/** The fastest of a few runs: what the call costs when nothing else is in the way. */
function nanosecondsOf(cookies: string): number {
  const runs = Array.from({ length: 5 }, () => {
    const started = process.hrtime.bigint();
    for (let round = 0; round < 100; round++) core.open(cookies, clock());
    return Number(process.hrtime.bigint() - started) / 100;
  });
  return Math.min(...runs);
}

test('configurations that cannot work are named at the first use', () => {
  const code = (changes: object) => {
    try {
      new Core(coreConfig(changes), () => {}).validate();
      return 'fine';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(code({}), 'fine');
  assert.equal(code({ secrets: [] }), 'ERR_KEY_RING');
  assert.equal(code({ secrets: ['short'] }), 'ERR_KEY_RING');
  assert.equal(code({ secrets: [SECRET, SECRET] }), 'ERR_KEY_RING');
  assert.equal(code({ provider: { kind: 'directus', url: '' } }), 'ERR_CONFIG');
  assert.equal(code({ provider: { kind: 'directus', url: 'ftp://x' } }), 'ERR_CONFIG');
  assert.equal(code({ cookieName: 'a b' }), 'ERR_CONFIG');
  assert.equal(code({ secure: 'not a truth value' }), 'ERR_API_MISUSE');
});
