/**
 * What one request costs before anything is sent: a cookie in, its access token out. All rows run in
 * one process and take turns, so their ratios hold on a busy machine; the absolute numbers do not.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { Core } from '../js/core.ts';
import { setCookieHeader } from '../js/cookies.ts';

const ROUNDS = 400;
const BATCH = 64;

/** An access token like Directus' or an OpenID provider's: RS256, 800 characters. */
const accessToken = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url({
  id: '5d1c7a3e-8d2b-4f4e-9a53-0f0f9b7f7a11',
  role: '2f24211d-d928-469a-aea3-3c8f53d4e426',
  app_access: true,
  scope: 'x'.repeat(146),
  exp: 4_102_444_800,
})}.${randomBytes(256).toString('base64url')}`;

const session = {
  expiresAt: 4_102_444_800_000,
  accessToken,
  refreshToken: randomBytes(48).toString('base64url'),
  data: { name: 'Ada Lovelace', role: 'editor' },
};

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** One row: opens the session of one request. */
interface Row {
  readonly name: string;
  readonly cookieLength: number;
  readonly open: () => string | Promise<string>;
}

function tokenkeepRow(): Row {
  const core = new Core(
    {
      provider: { kind: 'directus', url: 'http://127.0.0.1' },
      secrets: ['s'.repeat(32)],
      secure: true,
      replay: 'serve',
      tokensInRecord: false,
    },
    () => {},
  );
  const clock = { now: Date.now(), skewMs: 0 };
  const cookies = signIn(core, clock);
  return {
    name: 'tokenkeep',
    cookieLength: cookies.length,
    open: () => {
      const opened = core.open(cookies, { now: Date.now(), skewMs: 0 });
      return typeof opened === 'string' ? opened : opened.accessToken;
    },
  };
}

/** The cookie after a login, with the application's data in it. */
function signIn(core: Core, clock: { now: number; skewMs: number }): string {
  const credentials = { email: 'a@example.com', password: 'p' };
  const step = core.begin({ kind: 'login', cookies: '', credentials, remember: true }, clock);
  const sent = step.effects.find(([, effect]) => effect.kind === 'send');
  if (!sent || !step.state) throw new Error('the login sends nothing');
  const data = { access_token: accessToken, refresh_token: session.refreshToken, expires: 900_000 };
  const response = { status: 200, date: null, retryAfterMs: null, setCookie: [], body: { data } };
  const result = { kind: 'sent', result: { kind: 'response', response } } as const;
  const { outcome } = core.resume(step.state, sent[0], result, clock);
  if (outcome?.kind !== 'signedIn') throw new Error('the login failed');
  const written = core.update(header(outcome.cookies), JSON.stringify(session.data), clock);
  if (typeof written === 'string') throw new Error(written);
  return header(written);
}

function header(cookies: Parameters<typeof setCookieHeader>[0][]): string {
  return cookies.map((cookie) => setCookieHeader(cookie).split(';')[0]).join('; ');
}

function nodeCryptoRow(): Row {
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(session)), cipher.final()]);
  const cookie = Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
  return {
    name: 'node:crypto AES-256-GCM, JSON.parse',
    cookieLength: cookie.length,
    open: () => {
      const bytes = Buffer.from(cookie, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      const text = decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8');
      return (JSON.parse(text) as typeof session).accessToken;
    },
  };
}

async function joseRow(): Promise<Row> {
  const key = randomBytes(32);
  const jwt = new EncryptJWT({ ...session }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' });
  const cookie = await jwt.setExpirationTime('1h').encrypt(key);
  return {
    name: 'jose dir A256GCM',
    cookieLength: cookie.length,
    open: async () => (await jwtDecrypt<typeof session>(cookie, key)).payload.accessToken,
  };
}

/** Microseconds for each call of a batch; asynchronous calls of a batch run at the same time. */
async function timed({ open }: Row): Promise<number> {
  const started = process.hrtime.bigint();
  const results = Array.from({ length: BATCH }, open);
  if (results[0] instanceof Promise) await Promise.all(results);
  return Number(process.hrtime.bigint() - started) / 1000 / BATCH;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rows = [tokenkeepRow(), nodeCryptoRow(), await joseRow()];
for (const { name, open } of rows) {
  if ((await open()) !== accessToken) throw new Error(`${name} does not give the access token`);
}
const times = rows.map((): number[] => []);
for (let round = -ROUNDS / 4; round < ROUNDS; round++) {
  for (const [index, row] of rows.entries()) {
    const time = await timed(row);
    if (round >= 0) times[index]?.push(time);
  }
}
const unit = median(times[0] ?? []);
console.log(`${'µs'.padStart(8)}${'ratio'.padStart(8)}${'cookie'.padStart(8)}`);
for (const [index, { name, cookieLength }] of rows.entries()) {
  const time = median(times[index] ?? []);
  const cells = [time.toFixed(2), (time / unit).toFixed(2), String(cookieLength)];
  console.log(`${cells.map((cell) => cell.padStart(8)).join('')}  ${name}`);
}
