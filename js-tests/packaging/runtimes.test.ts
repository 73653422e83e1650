import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installRuntimes } from '../../tools/runtimes/install.mjs';
import { installProject } from '../support/project.ts';
import { runIn } from '../support/runtime.ts';

const fixture = fileURLToPath(new URL('fixtures/plain', import.meta.url));
let project: string;

before(async () => {
  await installRuntimes();
  project = await installProject('plain', fixture);
});

for (const runtime of ['node-22', 'node-24', 'deno', 'bun'] as const) {
  for (const file of ['import.mjs', 'require.cjs']) {
    test(`${runtime}, ${file}: sign in, expire, five requests at once, one refresh, sign out`, async () => {
      const { stdout, stderr } = await runIn(runtime, file, { cwd: project });
      assert.equal(stderr, '');
      assert.deepEqual(JSON.parse(stdout), {
        hows: ['refreshed', 'waited', 'waited', 'waited', 'waited'],
        events: [...Array<string>(4).fill('adopted'), 'refreshed', 'revoked', 'sessionEnded'],
      });
    });
  }
}

test('bun: a text is sent as one when its answer gets a cookie, and a stream hears that its client has gone', async () => {
  const { stdout } = await runIn('bun', 'bun-text.mjs', { cwd: project });
  assert.deepEqual(JSON.parse(stdout), { type: 'text/plain;charset=utf-8', cookies: 1, isCancelled: true });
});
