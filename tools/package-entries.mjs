/** The files that each entry of package.json#exports reaches. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, UserError } from './process.mjs';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * The public entries: subpath, and its JavaScript and declarations relative to the repository.
 *
 * @returns {{ subpath: string, code: string, types: string }[]}
 */
export function entries() {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, target]) => ({ subpath, code: target.default, types: target.types }));
}

/**
 * Every module of the package that `file` loads, itself included. Of an entry of
 * package.json#imports it is the default one; other packages are left out.
 *
 * @param {string} file relative to the repository
 * @param {{ lazily?: boolean, seen?: Set<string> }} [options] `lazily: false`: without what only an
 *   `import()` leads to
 * @returns {Set<string>} paths relative to the repository
 */
export function reachable(file, { lazily = true, seen = new Set() } = {}) {
  const path = relative(root, join(root, file));
  if (seen.has(path)) return seen;
  if (!existsSync(join(root, path))) throw new UserError(`${path} does not exist`);
  seen.add(path);
  for (const specifier of imports(readFileSync(join(root, path), 'utf8'), lazily)) {
    const target = resolve(specifier, path);
    if (target !== undefined) reachable(target, { lazily, seen });
  }
  return seen;
}

/**
 * @param {string} source
 * @param {boolean} lazily
 */
function imports(source, lazily) {
  const found = source.matchAll(/(?:\bfrom\s*|\bimport\s*(\()?\s*)(['"])([^'"\n]+)\2/g);
  return [...found].filter(([, call]) => lazily || !call).map(([, , , specifier]) => specifier ?? '');
}

/**
 * @param {string} specifier
 * @param {string} importer
 * @returns {string | undefined}
 */
function resolve(specifier, importer) {
  if (specifier.startsWith('#')) {
    const target = manifest.imports[specifier];
    return own(typeof target === 'string' ? target : target?.default);
  }
  if (!specifier.startsWith('.')) return undefined;
  const path = join(dirname(importer), specifier);
  return importer.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path;
}

/** @param {string | undefined} target what an entry of package.json#imports stands for, maybe in another package */
function own(target) {
  return target?.startsWith('.') ? target : undefined;
}
