/** Builds Astro apps. */
import { buildApart, installApart } from '../apart.mjs';

/** @type {import('../apart.mjs').Framework} */
const astro = {
  name: 'astro',
  title: 'Astro (once, 160 MB)',
  parts: ['src', 'astro.config.mjs', 'package.json', 'tsconfig.json'],
  build: ['astro/bin/astro.mjs', 'build'],
  output: 'dist/server/entry.mjs',
};

/** A folder, relative to the repository, in which apps find Astro and the packed package. */
export const installAstro = () => installApart(astro);

/**
 * @param {string} source its folder, relative to the repository
 * @param {string} name of its copy
 * @returns {Promise<string>} the folder of the copy, absolute; `node dist/server/entry.mjs` runs it
 */
export const buildAstroApp = (source, name) => buildApart(astro, source, name);
