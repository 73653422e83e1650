import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installRuntimes, runtimes } from '../../tools/runtimes/install.mjs';
import { runProgram } from '../support/program.ts';
import { installProject } from '../support/project.ts';

const fixture = fileURLToPath(new URL('fixtures/plain', import.meta.url));
let project: string;

before(async () => {
  await installRuntimes();
  project = await installProject('plain', fixture);
});

const RUN: Record<keyof typeof runtimes, string[]> = {
  'node-22': [],
  'node-24': [],
  deno: ['run', '--quiet', '--allow-all', '--no-remote'],
  bun: ['run'],
};

for (const [runtime, file] of cases()) {
  test(`${runtime}, ${file}: sign in, expire, five requests at once, one refresh, sign out`, async () => {
    const { stdout, stderr } = await runProgram(runtimes[runtime], [...RUN[runtime], file], { cwd: project });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      hows: ['refreshed', 'waited', 'waited', 'waited', 'waited'],
      events: [...Array<string>(4).fill('adopted'), 'refreshed', 'revoked', 'sessionEnded'],
    });
  });
}

function cases(): [keyof typeof runtimes, string][] {
  const names = Object.keys(runtimes) as (keyof typeof runtimes)[];
  return names.flatMap((name) => [
    [name, 'import.mjs'],
    [name, 'require.cjs'],
  ]);
}
