import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { directus } from '../../js/directus.ts';
import { processState } from '../../js/process-state.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Fetch } from '../../js/web.ts';

const mark = (what: string) => `${what}-${randomBytes(16).toString('hex')}`;

/** Everything that is written to the process's output from now on. */
function captureOutput(): string[] {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write;
    stream.write = ((chunk: string | Uint8Array, ...rest: []) => {
      written.push(String(chunk));
      return write.call(stream, chunk, ...rest);
    }) as typeof stream.write;
    after(() => void (stream.write = write));
  }
  return written;
}

test('no secret appears in an event, an error, the output, or a key of the store', async (context) => {
  const secrets = { password: mark('password'), otp: mark('otp'), secret: mark('ring'), data: mark('data') };
  const output = captureOutput();
  const events: AuthEvent[] = [];
  const errors: unknown[] = [];
  const tokens: string[] = [];
  /** Objects that an application may log, and the store. */
  const seen: string[] = [];

  const standIn = await startDirectusStandIn({ accessTokenTtl: 2 });
  context.after(() => standIn.close());
  const user = { email: `${mark('user')}@example.com`, password: secrets.password, otp: secrets.otp };
  standIn.addUser(user);
  const fetch = (async (url: string, init: RequestInit) => {
    const response = await globalThis.fetch(url, init);
    const { data }: any = await response.clone().json().catch(() => ({}));
    if (data?.refresh_token) tokens.push(data.refresh_token, data.access_token, data.access_token.split('.')[2]);
    return response;
  }) as Fetch;
  const manager = new TokenManager(
    { provider: directus({ url: standIn.url }), secret: secrets.secret, fetch, onEvent: (event) => events.push(event), refresh: { maxWait: 0.3 } },
    true,
  );

  let jar: string[] = [];
  const request = async (use: (auth: Awaited<ReturnType<TokenManager['forRequest']>>) => Promise<unknown>) => {
    const auth = await manager.forRequest({
      cookies: jar.join('; '),
      writer: { open: true, set: (cookies) => ((jar = cookies.flatMap(({ name, value }) => (value ? [`${name}=${value}`] : []))), true) },
      fetch: globalThis.fetch as Fetch,
      redirect: () => { throw new Error('redirect'); },
      fail: () => { throw new Error('fail'); },
    });
    await use(auth).catch((error: unknown) => errors.push(error));
    seen.push(inspect(auth, { depth: 9, showHidden: true }), inspect(manager, { depth: 9, showHidden: true }), JSON.stringify(auth));
    for (const [id, { record }] of processState().records) seen.push(id, JSON.stringify(record));
  };

  await request((auth) => auth.login({ ...user, password: `${secrets.password}!` }));
  await request((auth) => auth.login({ email: user.email, password: secrets.password }));
  await request((auth) => auth.login({ ...user, otp: `${secrets.otp}!` }));
  await request((auth) => auth.login(user));
  await request((auth) => auth.update(secrets.data));
  for (const fault of [
    { kind: 'html' },
    { kind: 'html', status: 200 },
    { kind: 'dropResponse' },
    { kind: 'status', status: 200, body: { data: { access_token: [secrets.password], refresh_token: 7 } } },
    { kind: 'status', status: 418, body: { errors: [{ message: secrets.password, extensions: { code: 'TEAPOT', hint: secrets.otp } }] } },
  ] as const) {
    standIn.faults.set('/auth/*', fault);
    await request((auth) => auth.login(user));
    await request((auth) => auth.getAccessToken({ refresh: true }));
    standIn.faults.clear();
  }
  await delay(2_100);
  await request((auth) => auth.getAccessToken({ refresh: true }));
  standIn.suspend(user.email);
  await request((auth) => auth.getAccessToken({ refresh: true }));
  await request((auth) => auth.logout());

  assert.ok(errors.length >= 10 && events.length >= 4 && tokens.length >= 3, `${errors.length} errors, ${events.length} events`);
  const told = [output, seen, ...[events, errors].flat().flatMap((what) => [inspect(what, { depth: 9, showHidden: true }), JSON.stringify(what)])].flat().join('\n');
  for (const [what, text] of [...Object.entries(secrets), ...tokens.map((token) => ['token', token] as const), ...jar.map((cookie) => ['cookie', cookie] as const)]) {
    assert.ok(!told.includes(text), `${what} is told`);
  }
  assert.ok(!told.includes(user.email), 'the address is told');
});
