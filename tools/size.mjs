/**
 * Prints the size of the WebAssembly module and of every entry with all that it loads, in bytes,
 * and compares with size-baseline.json. `--update` makes the current sizes the baseline.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { entries, reachable } from './package-entries.mjs';
import { root, UserError, whenMain } from './process.mjs';

const wasm = 'pkg/load/core_bg.wasm';
/** What the module is to become, in bytes; printed until it is. */
const wasmGzipGoal = 32_000;
/** Module and glue for pages together, in bytes: every visitor loads them. */
const page = ['pkg/browser/browser_bg.wasm', 'pkg/browser/glue.js'];
const pageGzipLimit = 60_000;
const growthLimit = 1.02;
const baselineFile = join(root, 'tools', 'size-baseline.json');

/** @typedef {{ raw: number, gzip: number, brotli: number }} Size */

/** @returns {Record<string, Size>} */
function measureAll() {
  const parts = entries().map(({ subpath, code }) => {
    const files = [...reachable(code)].sort();
    return /** @type {const} */ ([subpath.replace('.', 'tokenkeep'), measure(files)]);
  });
  return { wasm: measure([wasm]), 'page module and glue': measure(page), ...Object.fromEntries(parts) };
}

/**
 * @param {string[]} files
 * @returns {Size}
 */
function measure(files) {
  const bytes = Buffer.concat(files.map((file) => readFileSync(join(root, file))));
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

/**
 * @param {Record<string, Size>} sizes
 * @param {Record<string, Size>} baseline
 * @returns {string[]} what is wrong
 */
function compare(sizes, baseline) {
  const problems = Object.entries(sizes).flatMap(([name, size]) => {
    const before = baseline[name];
    if (before === undefined) return [`${name} is not in the baseline`];
    const kinds = /** @type {(keyof Size)[]} */ (['raw', 'gzip', 'brotli']);
    return kinds
      .filter((kind) => size[kind] > before[kind] * growthLimit)
      .map((kind) => `${name} grew from ${before[kind]} to ${size[kind]} bytes (${kind})`);
  });
  return problems;
}

/** @param {Record<string, Size>} sizes */
function print(sizes) {
  const cell = (/** @type {unknown} */ value) => String(value).padStart(10);
  console.log(`${'bytes'.padEnd(24)}${['raw', 'gzip', 'brotli'].map(cell).join('')}`);
  for (const [name, { raw, gzip, brotli }] of Object.entries(sizes)) {
    console.log(`${name.padEnd(24)}${[raw, gzip, brotli].map(cell).join('')}`);
  }
}

/**
 * Prints and judges the sizes.
 *
 * @param {{ update?: boolean }} [options]
 */
export function checkSizes({ update = false } = {}) {
  const sizes = measureAll();
  print(sizes);
  if (update) writeFileSync(baselineFile, `${JSON.stringify(sizes, undefined, 2)}\n`);
  const gzip = sizes['wasm']?.gzip ?? 0;
  if (gzip > wasmGzipGoal) console.log(`the module has ${gzip} bytes gzipped; the goal is ${wasmGzipGoal}`);
  const inPage = page.map((file) => measure([file]).gzip).reduce((sum, size) => sum + size);
  if (inPage > pageGzipLimit) {
    throw new UserError(`the module for pages has ${inPage} bytes gzipped with its glue, more than ${pageGzipLimit}`);
  }
  if (update) return;
  const baseline = existsSync(baselineFile) ? JSON.parse(readFileSync(baselineFile, 'utf8')) : {};
  const problems = compare(sizes, baseline);
  if (problems.length === 0) return;
  throw new UserError(`${problems.join('\n')}\nif that is meant: npm run size -- --update`);
}

whenMain(import.meta.url, async () => {
  const { setup } = await import('./setup.mjs');
  await setup();
  checkSizes({ update: process.argv.includes('--update') });
});
