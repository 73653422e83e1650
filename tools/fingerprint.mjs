/** Tells whether a build step's inputs have changed, by their content. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './process.mjs';

/**
 * One hash over the names and contents of files and, recursively, folders.
 *
 * @param {string[]} paths relative to the repository
 */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesIn)) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [path];
  return readdirSync(absolute)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

/**
 * Runs `build` unless the same inputs already gave the outputs that are there.
 *
 * @param {string} name of the step
 * @param {{ inputs: string[], outputs: string[] }} files relative to the repository
 * @param {() => Promise<void>} build
 * @returns {Promise<boolean>} whether it was built
 */
export async function unlessBuilt(name, { inputs, outputs }, build) {
  const stamp = join(root, '.cache', `${name}.stamp`);
  const current = fingerprint(inputs);
  const complete = outputs.every((path) => existsSync(join(root, path)));
  if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === current) return false;
  // A step that fails may have written something: what it wrote before is no longer there.
  rmSync(stamp, { force: true });
  await build();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, current);
  return true;
}
