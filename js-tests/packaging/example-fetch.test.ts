import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDirectusStandIn } from '../../js/testing.ts';
import { root } from '../../tools/process.mjs';
import { installRuntimes } from '../../tools/runtimes/install.mjs';
import { npmStart, SUMMARY } from '../support/example.ts';
import { installProject } from '../support/project.ts';
import { startIn } from '../support/runtime.ts';

const user = { email: 'admin@example.com', password: 'password' };
const SECRET = 'a secret of at least thirty-two characters';
let project: string;

before(async () => {
  await installRuntimes();
  project = await installProject('example-fetch', join(root, 'examples', 'fetch'));
});

describe('examples/fetch', { concurrency: true }, () => {
  for (const runtime of ['node-22', 'node-24', 'deno', 'bun'] as const) {
    test(`${runtime}: it signs in, renews once for ten requests, signs out`, async (context) => {
      const provider = await startDirectusStandIn({ accessTokenTtl: 3 });
      context.after(() => provider.close());
      const env = { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: SECRET, PORT: '0' };
      const server = await startIn(runtime, 'server.ts', { cwd: project, env, ready: /listening on (\S+)/ });
      context.after(() => server.stop());
      const send = (path: string, cookie = '', form?: object) =>
        fetch(`${server.ready[1]}${path}`, {
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
      await delay(expiresAt - Date.now() + 50);
      const pages = await Promise.all(Array.from({ length: 10 }, () => send('/api/me', cookie)));
      const reports = await Promise.all(pages.map((page) => page.json()));
      assert.deepEqual(reports.map(({ who }) => who), Array(10).fill(user.email));
      assert.equal(provider.counters.refresh, 1);

      const [renewed = ''] = cookiesOf(pages[0]);
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

function cookiesOf(response: Response | undefined): string[] {
  return response?.headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';'))) ?? [];
}
