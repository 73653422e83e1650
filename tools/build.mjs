/** Builds pkg/: the core from src/ and the package's JavaScript from js/. `--force` builds anew. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { entries, reachable } from './package-entries.mjs';
import { patchGlue, patchPageGlue } from './patch-glue.mjs';
import { numbered, readable, shortenImports } from './short-imports.mjs';
import { unlessBuilt } from './fingerprint.mjs';
import { projectNode, root, run, step, UserError, whenMain } from './process.mjs';

/** What the core is made from. */
export const coreInputs = [
  'src',
  'primitives',
  'tools/bindgen',
  'tools/build.mjs',
  'tools/patch-glue.mjs',
  'tools/short-imports.mjs',
  'Cargo.toml',
  'Cargo.lock',
  '.cargo/config.toml',
  'rust-toolchain.toml',
  'node_modules/binaryen/package.json',
];

const coreFiles = {
  inputs: coreInputs,
  outputs: [
    'pkg/core/core.js',
    'pkg/load/core_bg.wasm',
    'pkg/load/core_base64.js',
    'target/glue/core.wasm',
  ],
};

/** What tells the two modules apart to Cargo. */
export const cargoFeatures = {
  server: [],
  browser: ['--no-default-features', '--features', 'browser'],
};

const browserFiles = {
  inputs: coreInputs,
  outputs: ['pkg/browser/glue.js', 'pkg/browser/browser_bg.wasm', 'target/browser/browser.wasm'],
};

const packageFiles = {
  inputs: [
    'js',
    'package.json',
    'tools/build.mjs',
    'tools/package-entries.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
    'node_modules/typescript/package.json',
  ],
  outputs: ['pkg/load/core.js', 'pkg/load/inline.js', 'pkg/browser.js'],
};

/** What rustc emits for this target by default, and simd128 from .cargo/config.toml. */
const wasmFeatures = [
  'bulk-memory',
  'bulk-memory-opt',
  'call-indirect-overlong',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
  'simd',
];

/** Builds what is not up to date. */
export async function build() {
  await unlessBuilt('core', coreFiles, () =>
    step('building the WebAssembly core (half a minute the first time)', buildCore),
  );
  await unlessBuilt('browser', browserFiles, () =>
    step('building the WebAssembly driver for pages', buildBrowser),
  );
  await unlessBuilt('package', packageFiles, () =>
    step('compiling the TypeScript', buildPackage),
  );
}

async function buildCore() {
  const files = await compileCore(join(root, 'target', 'glue'));
  for (const [path, content] of Object.entries(files)) write(join('pkg', path), content);
}

async function buildBrowser() {
  const files = await compileBrowser(join(root, 'target', 'browser'));
  for (const [path, content] of Object.entries(files)) write(join('pkg', path), content);
}

/**
 * Compiles src/ for servers and makes the glue.
 *
 * @param {string} folder for what is made on the way
 * @param {string[]} [features] Cargo features
 * @returns {Promise<Record<string, string | Buffer>>} files of pkg/
 */
export async function compileCore(folder, features = []) {
  const { glue, wasm } = await compile(folder, 'core', features.flatMap((name) => ['--features', name]));
  const small = shortenImports(wasm, patchGlue(glue), readable);
  return {
    'core/core.js': small.glue,
    'load/core_bg.wasm': small.wasm,
    'load/core_base64.js': `export const base64 = '${small.wasm.toString('base64')}';\n`,
  };
}

/**
 * Compiles src/ for pages and makes the glue. What servers do with ciphers and cookies is not in it, and
 * nothing in it runs over every byte of a cookie.
 *
 * @param {string} folder for what is made on the way
 * @param {string[]} [features] Cargo features
 * @returns {Promise<Record<string, string | Buffer>>} files of pkg/
 */
export async function compileBrowser(folder, features = []) {
  const chosen = [...cargoFeatures.browser, ...features.flatMap((name) => ['--features', name])];
  const atZ = ['--config', 'profile.release.package.tokenkeep-primitives.opt-level="z"'];
  const { glue, wasm } = await compile(folder, 'browser', [...chosen, ...atZ]);
  const small = shortenImports(wasm, patchPageGlue(glue), numbered);
  return { 'browser/glue.js': small.glue, 'browser/browser_bg.wasm': small.wasm };
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string[]} options of Cargo
 */
async function compile(folder, name, options) {
  // As a `cdylib` alone: for an `rlib` beside it every public function would be kept, and none inlined away.
  const args = ['rustc', '--release', '--lib', '--crate-type', 'cdylib', ...options, ...(await wasmTarget())];
  await run('cargo', args, { env: ownFlagsOnly });
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, wasmFile), join(folder, `${name}.wasm`));
  await run('cargo', ['run', '-q', '-p', 'bindgen', '--', wasmFile, folder, name]);
  const optimised = join(folder, `${name}_opt.wasm`);
  await run(projectNode, wasmOpt(join(folder, `${name}_bg.wasm`), optimised));
  return { glue: readFileSync(join(folder, `${name}.js`), 'utf8'), wasm: readFileSync(optimised) };
}

const wasmFile = 'target/wasm32-unknown-unknown/release/tokenkeep.wasm';

/** RUSTFLAGS would silently replace the flags of .cargo/config.toml. */
const ownFlagsOnly = { RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: undefined };

/**
 * Panics hold source paths, although nobody sees them; the same sources must give the same bytes on
 * every machine. The last prefix that matches is taken. The standard library's paths are those of this
 * machine if its sources happen to be installed.
 */
async function wasmTarget() {
  const cargoHome = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
  const sources = join(cargoHome, 'registry', 'src');
  const registries = existsSync(sources) ? readdirSync(sources) : [];
  const sysroot = (await run('rustc', ['--print', 'sysroot'], { output: 'hide' })).trim();
  const version = await run('rustc', ['-vV'], { output: 'hide' });
  const commit = /^commit-hash: (.+)$/m.exec(version)?.[1] ?? 'unknown';
  const remap = [
    `--remap-path-prefix=${cargoHome}=cargo`,
    ...registries.map((registry) => `--remap-path-prefix=${join(sources, registry)}/=`),
    `--remap-path-prefix=${root}/=`,
    `--remap-path-prefix=${join(sysroot, 'lib', 'rustlib', 'src', 'rust')}=/rustc/${commit}`,
  ];
  const target = 'wasm32-unknown-unknown';
  return ['--target', target, '--config', `target.${target}.rustflags=${JSON.stringify(remap)}`];
}

/**
 * @param {string} input
 * @param {string} output
 */
function wasmOpt(input, output) {
  return [
    join(root, 'node_modules', 'binaryen', 'bin', 'wasm-opt'),
    ...wasmFeatures.map((feature) => `--enable-${feature}`),
    '-Oz',
    '--converge',
    // A function that is called once is smaller inlined, but a large one compresses better where it is.
    '--one-caller-inline-max-function-size=25',
    '--strip-debug',
    '--strip-producers',
    input,
    '-o',
    output,
  ];
}

async function buildPackage() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', 'tsconfig.build.json', '--listEmittedFiles'];
  const output = await run(projectNode, args, { output: 'hide' });
  const emitted = [...output.matchAll(/^TSFILE: (.*)$/gm)].map(([, path]) => path ?? '');
  if (emitted.length === 0) throw new UserError('tsc wrote nothing');
  emitted.filter((path) => path.endsWith('.d.ts')).forEach(renameImports);
  const built = [...coreFiles.outputs, ...browserFiles.outputs].map((path) => join(root, path));
  removeAllBut(new Set([...emitted, ...built]));
}

/**
 * tsc renames `./x.ts` to `./x.js` in the JavaScript that it writes, but not in the declarations.
 *
 * @param {string} path
 */
function renameImports(path) {
  const declarations = readFileSync(path, 'utf8');
  writeFileSync(path, declarations.replace(/((?:from |import\()'\.{1,2}\/[^']+)\.ts'/g, "$1.js'"));
}

/**
 * Removes what an earlier build left in pkg/, and the declarations that no entry reaches: they are private.
 *
 * @param {Set<string>} current absolute paths
 */
function removeAllBut(current) {
  const folder = join(root, 'pkg');
  const declarations = new Set(entries().flatMap(({ types }) => [...reachable(types)]));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path);
    const keep = current.has(path) && (!name.endsWith('.d.ts') || declarations.has(name));
    if (entry.isFile() && name !== join('pkg', 'README.md') && !keep) rmSync(path);
  }
}

/**
 * @param {string} path relative to the repository
 * @param {string | Uint8Array} content
 */
function write(path, content) {
  const absolute = join(root, path);
  mkdirSync(join(absolute, '..'), { recursive: true });
  writeFileSync(absolute, content);
}

whenMain(import.meta.url, async () => {
  if (process.argv.includes('--force')) rmSync(join(root, '.cache'), { recursive: true, force: true });
  const { setup } = await import('./setup.mjs');
  await setup();
});
