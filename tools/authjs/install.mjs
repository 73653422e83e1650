/** Builds SvelteKit apps that use Auth.js, which does not run on the SvelteKit that the repository has. */
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBuilt } from '../fingerprint.mjs';
import { installInto } from '../npm.mjs';
import { pack } from '../pack.mjs';
import { attempt, projectNode, root, run, step, UserError } from '../process.mjs';

const manifest = join('tools', 'authjs', 'package.json');
/** The apps are built below it, so that they find its node_modules before the repository's. */
const home = join('.cache', 'authjs');
const modules = join(home, 'node_modules');
/** The example's stylesheet imports it from the folder above the app's. */
const style = join('examples', 'style.css');

/** Installs Auth.js and its SvelteKit, if they are missing. */
async function installAuthjs() {
  const outputs = ['@auth/sveltekit', '@sveltejs/kit', 'vite'].map((name) => join(modules, name, 'package.json'));
  await unlessBuilt('authjs', { inputs: [manifest], outputs }, () =>
    step('installing Auth.js and SvelteKit 2 (once, 90 MB)', async () => {
      await installInto(home, manifest);
      rmSync(join(root, modules, 'tokenkeep'), { recursive: true, force: true });
    }),
  );
}

/** Puts the packed package where the apps find it. */
async function installTarball() {
  const tarball = await pack();
  const target = join(modules, 'tokenkeep');
  const files = { inputs: ['pkg', 'package.json'], outputs: [join(target, 'package.json')] };
  await unlessBuilt('authjs-tarball', files, async () => {
    rmSync(join(root, target), { recursive: true, force: true });
    mkdirSync(join(root, target), { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  });
}

/**
 * Builds an app with adapter-node.
 *
 * @param {string} source its folder, relative to the repository
 * @param {string} name of its copy
 * @returns {Promise<string>} the folder of the copy, absolute; `node build` runs it
 */
export async function buildAuthjsApp(source, name) {
  await installAuthjs();
  await installTarball();
  const folder = join(home, name);
  const parts = ['src', 'package.json', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts'];
  const files = {
    inputs: [...parts.map((part) => join(source, part)), style, manifest, 'pkg', 'package.json'],
    outputs: [join(folder, 'build', 'index.js')],
  };
  await unlessBuilt(`authjs-${name}`, files, async () => {
    rmSync(join(root, folder), { recursive: true, force: true });
    for (const part of parts) cpSync(join(root, source, part), join(root, folder, part), { recursive: true });
    copyFileSync(join(root, style), join(root, home, 'style.css'));
    await step(`building ${source}`, () => viteBuild(join(root, folder)));
  });
  return join(root, folder);
}

/** @param {string} folder */
async function viteBuild(folder) {
  const vite = join(root, modules, 'vite', 'bin', 'vite.js');
  const { code, output } = await attempt(projectNode, [vite, 'build'], { cwd: folder, output: 'hide' });
  if (code !== 0) throw new UserError(`an app with Auth.js could not be built:\n${output}`);
}
