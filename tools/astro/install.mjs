/** Builds apps of Astro. */
import { join } from 'node:path';
import { buildApart, installApart } from '../apart.mjs';
import { root } from '../process.mjs';

/** @type {import('../apart.mjs').Framework} */
const astro = {
  name: 'astro',
  title: 'Astro (once, 160 MB)',
  parts: ['src', 'astro.config.mjs', 'package.json', 'tsconfig.json'],
  build: ['astro/bin/astro.mjs', 'build'],
  output: 'dist/server/entry.mjs',
};

/** The folder, absolute, in which apps find Astro and the packed package. */
export async function installAstro() {
  return join(root, await installApart(astro));
}

/**
 * Builds an app with @astrojs/node.
 *
 * @param {string} source its folder, relative to the repository
 * @param {string} name of its copy
 * @returns {Promise<string>} the folder of the copy, absolute; `node dist/server/entry.mjs` runs it
 */
export function buildAstroApp(source, name) {
  return buildApart(astro, source, name);
}
