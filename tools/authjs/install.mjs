/** Builds SvelteKit apps that use Auth.js, which does not run on the SvelteKit that the repository has. */
import { buildApart } from '../apart.mjs';

/** @type {import('../apart.mjs').Framework} */
const authjs = {
  name: 'authjs',
  title: 'Auth.js and SvelteKit 2 (once, 90 MB)',
  parts: ['src', 'package.json', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts'],
  build: ['vite/bin/vite.js', 'build'],
  output: 'build/index.js',
};

/**
 * Builds an app with adapter-node.
 *
 * @param {string} source its folder, relative to the repository
 * @param {string} name of its copy
 * @returns {Promise<string>} the folder of the copy, absolute; `node build` runs it
 */
export function buildAuthjsApp(source, name) {
  return buildApart(authjs, source, name);
}
