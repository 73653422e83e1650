import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import manifest from '../../examples/fetch/package.json' with { type: 'json' };
import { startDirectusStandIn } from '../../js/testing.ts';
import { root } from '../../tools/process.mjs';
import { installRuntimes, runtimes } from '../../tools/runtimes/install.mjs';
import { npmStart, SUMMARY } from '../support/example.ts';
import { type RunningProgram, startProgram } from '../support/program.ts';
import { installProject } from '../support/project.ts';
import type { Runtime } from '../support/runtime.ts';
import { buildWorkers, startWorkerd, type WorkerSettings } from '../support/worker.ts';

const user = { email: 'admin@example.com', password: 'password' };
const SECRET = 'a secret of at least thirty-two characters';
let project: string;

before(async () => {
  await installRuntimes();
  project = await installProject('example-fetch', join(root, 'examples', 'fetch'));
  await buildWorkers();
});

describe('examples/fetch', { concurrency: true }, () => {
  for (const runtime of ['node-22', 'node-24', 'deno', 'bun', 'workerd'] as const) {
    test(`${runtime}: it signs in, renews once for ten requests, signs out`, async (context) => {
      const provider = await startDirectusStandIn({ accessTokenTtl: 3, sessionCookieTtl: 6 });
      context.after(() => provider.close());
      const server = await start(runtime, { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: SECRET });
      context.after(() => server.stop());
      const send = (path: string, cookie = '', form?: object) =>
        fetch(`${server.url}${path}`, {
          redirect: 'manual',
          headers: { cookie },
          ...(form && { method: 'POST', body: new URLSearchParams({ ...form }) }),
        });

      const stranger = await send('/account', '__Host-tokenkeep-abcdefgh=garbage');
      assert.deepEqual([stranger.status, stranger.headers.get('location')], [303, '/login'], server.output());
      assert.equal((await send('/login', '', { ...user, password: 'wrong' })).status, 400);
      const login = await send('/login', '', user);
      assert.deepEqual([login.status, login.headers.get('location')], [303, '/account']);
      const [cookie = ''] = cookiesOf(login);
      assert.match(await (await send('/account', cookie)).text(), /Signed in as admin@example\.com/);

      const { expiresAt } = await (await send('/api/me', cookie)).json();
      // Without a shared store an isolate uses Directus session mode: a token is renewed in the second half of its life, and not after it.
      const due = runtime === 'workerd' ? expiresAt - 2_000 : expiresAt;
      await delay(due - Date.now() + 50);
      const pages = await Promise.all(Array.from({ length: 10 }, () => send('/api/me', cookie)));
      const reports = await Promise.all(pages.map((page) => page.json()));
      assert.deepEqual(reports.map(({ who }) => who), Array(10).fill(user.email));
      assert.equal(provider.counters.refresh, 1);

      const [renewed = ''] = cookiesOf(pages[reports.findIndex(({ how }) => how === 'refreshed')]);
      const asked = await send('/auth/renew', renewed, {});
      assert.deepEqual([asked.status, Object.keys(await asked.json())], [200, ['expiresAt']]);
      const out = await send('/logout', renewed, {});
      assert.deepEqual(cookiesOf(out), [`${cookie.split('=')[0]}=`]);
      assert.equal((await send('/account', renewed)).status, 303);
    });
  }
});

test('npm start -- --example fetch --once plays the main job', async () => {
  const { code, lines } = await npmStart(['--example', 'fetch', '--once']);
  assert.equal(code, 0, lines.join('\n'));
  assert.equal(lines.at(-1), SUMMARY);
});

/** By the commands of its package.json; in workerd there are none. */
async function start(runtime: Runtime | 'workerd', env: WorkerSettings): Promise<RunningProgram & { url: string }> {
  if (runtime === 'workerd') {
    const workers = await startWorkerd({ config: 'example.capnp', sockets: ['example'], env: { ...env } });
    return { ...workers, url: workers.urls['example'] ?? '' };
  }
  const { node, deno, bun } = manifest.scripts;
  const command = { 'node-22': node, 'node-24': node, deno, bun }[runtime];
  const program = await startProgram(runtimes[runtime], command.split(' ').slice(1), {
    cwd: project,
    env: { ...env, PORT: '0', DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0' },
    ready: /http:\S+:\d+/,
  });
  return { ...program, url: program.ready[0] };
}

function cookiesOf(response: Response | undefined): string[] {
  return response?.headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';'))) ?? [];
}
