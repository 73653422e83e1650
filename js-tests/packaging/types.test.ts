import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { projectNode, root } from '../../tools/process.mjs';
import { runProgram } from '../support/program.ts';
import { installProject } from '../support/project.ts';

async function compile(project: string, ...args: string[]): Promise<void> {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout } = await runProgram(projectNode, [tsc, ...args], { cwd: project });
  assert.equal(stdout, '');
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

test('the types compile without those of the web and of Node, for import and require()', async () => {
  const project = await installProject('plain', fixture('plain'));
  await compile(project, '-p', 'types');
});

test('the types compile with those of the web, for a bundler', async () => {
  const project = await installProject('plain', fixture('plain'));
  await compile(project, '-p', 'types/web', '--module', 'esnext', '--moduleResolution', 'bundler');
});

test('the types of a SvelteKit project compile with the README’s app.d.ts', async () => {
  const project = await installProject('sveltekit', fixture('sveltekit'));
  const sync = join('node_modules', '@sveltejs', 'kit', 'svelte-kit.js');
  await runProgram(projectNode, [sync, 'sync'], { cwd: project });
  await compile(project, '-p', '.', '--noEmit');
});

test('the types of Express, Hono and fetch servers compile with the set-up of docs/frameworks.md', async () => {
  const project = await installProject('servers', fixture('servers'));
  await compile(project, '-p', '.');
});
