/** The types of the example, with those of Auth.js and of the SvelteKit that it supports. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildAuthjsApp } from '../../tools/authjs/install.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import { runProgram } from '../support/program.ts';

test('callbacks, events and handle fit into SvelteKitAuth and sequence', async () => {
  const folder = await buildAuthjsApp('examples/sveltekit-authjs', 'example');
  const sync = join(folder, '..', 'node_modules', '@sveltejs', 'kit', 'svelte-kit.js');
  await runProgram(projectNode, [sync, 'sync'], { cwd: folder });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await runProgram(projectNode, [tsc, '-p', '.', '--noEmit'], { cwd: folder });
  assert.equal(stdout, '');
});
