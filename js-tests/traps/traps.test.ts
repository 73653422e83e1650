import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { root } from '../../tools/process.mjs';
import { installRuntimes } from '../../tools/runtimes/install.mjs';
import { runIn } from '../support/runtime.ts';
import { installTrappingPackage } from './trapping-package.ts';

let project: string;

before(async () => {
  await installRuntimes();
  project = await installTrappingPackage();
});

/** Scenarios of `fixtures/traps.mjs`. */
const SCENARIOS = {
  open: 'a trap while the cookie is read: the request is served, the session is kept',
  'stack overflow': 'an overflow of the stack in WebAssembly: the same',
  'exhausted JavaScript stack': 'an exhausted JavaScript stack under WebAssembly: the same',
  login: 'a trap with the answer to a login: the user is signed in, and the provider was asked once',
  'resume before the provider is asked': 'a trap before the provider is asked: the token is renewed, once',
  'resume with the answer, on entering': 'a trap with new tokens in hand: all five requests get them',
  'resume with the answer, on leaving': 'a trap after new tokens were understood: all five requests get them',
  publication: 'a trap while new tokens are published: all five requests get them',
  'resume with the answer, for a while': 'a core that keeps failing with new tokens in hand: they are published after it heals',
  '20,000 traps': '20,000 traps: the session is kept, and its token renewed once',
};

for (const runtime of ['node-24', 'deno', 'bun'] as const) {
  for (const [scenario, sentence] of Object.entries(SCENARIOS)) {
    test(`${runtime}: ${sentence}`, async () => {
      await runIn(runtime, 'traps.mjs', { cwd: project, args: [scenario] });
    });
  }
}

test('the core that is shipped has no such switch', () => {
  const imports = (file: string) => WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(file))).map(({ name }) => name);
  const isSwitch = (name: string) => name.includes('trapSwitch');
  assert.ok(imports(join(project, 'node_modules', 'tokenkeep', 'pkg', 'load', 'core_bg.wasm')).some(isSwitch));
  assert.ok(!imports(join(root, 'pkg', 'load', 'core_bg.wasm')).some(isSwitch));
});
