/** The module for pages: who loads it, and what it is made of. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { entries, reachable } from '../../tools/package-entries.mjs';
import { root, run } from '../../tools/process.mjs';
import { cargoFeatures } from '../../tools/build.mjs';

const LOADER = 'pkg/browser/load.js';

test('no entry for servers loads the module for pages: only an import() in authentication() leads there', () => {
  const reaching = entries().filter(({ code }) => reachable(code).has(LOADER)).map(({ subpath }) => subpath);
  assert.deepEqual(reaching, ['./browser', './directus']);
  const statically = entries().filter(({ code }) => reachable(code, { lazily: false }).has(LOADER)).map(({ subpath }) => subpath);
  assert.deepEqual(statically, ['./browser']);
});

test('importing tokenkeep/directus and tokenkeep/browser on a server loads no WebAssembly and calls no fetch', async () => {
  const program = `
    const fail = () => { throw new Error('loaded'); };
    globalThis.fetch = fail;
    for (const name of ['Module', 'Instance', 'compile', 'instantiate', 'compileStreaming']) WebAssembly[name] = fail;
    const { authentication } = await import('tokenkeep/directus');
    const { tokenkeep } = await import('tokenkeep/browser');
    const auth = tokenkeep({ provider: { kind: 'directus', url: 'http://directus.example' }, storage: 'localStorage' });
    const client = authentication()({ url: new URL('http://directus.example'), globals: { fetch } });
    console.log(auth.session, await client.getToken());
  `;
  const output = await run(process.execPath, ['--input-type=module', '--eval', program], { output: 'hide' });
  assert.equal(output.trim(), 'null null');
});

/** The crates that the project is built on, and in which of the two modules each has to be. */
const CRATES = {
  'wasm-bindgen': ['server', 'browser'],
  'js-sys': ['server', 'browser'],
  serde: ['server', 'browser'],
  'serde-wasm-bindgen': ['server', 'browser'],
  'web-sys': ['browser'],
  'gloo-net': ['browser'],
  'wasm-bindgen-futures': ['browser'],
} as const;

/**
 * What is left of each in a linked module, before its names are stripped. serde's traits are in serde_core,
 * and what calls them is inlined into those that implement them; wasm-bindgen-futures is js-sys' futures under another name.
 */
const SYMBOLS: Record<keyof typeof CRATES, RegExp> = {
  'wasm-bindgen': /12wasm_bindgen\d/,
  'js-sys': /6js_sys\d/,
  serde: /serde_core\.\.ser\.\.Serialize\$/,
  'serde-wasm-bindgen': /18serde_wasm_bindgen\d/,
  'web-sys': /__wbg_(?:localStorage|sessionStorage|addEventListener)_/,
  'gloo-net': /8gloo_net\d/,
  'wasm-bindgen-futures': /6js_sys7futures/,
};

for (const module of ['server', 'browser'] as const) {
  const crates = Object.keys(CRATES).filter((name) => CRATES[name as keyof typeof CRATES].includes(module as never));

  test(`the ${module} module is built on ${crates.join(', ')}: directly, and each is used by the code`, async () => {
    const target = ['--target', 'wasm32-unknown-unknown', ...cargoFeatures[module]];
    const tree = await run('cargo', ['tree', ...target, '--edges', 'normal', '--depth', '1', '--prefix', 'none', '--format', '{p}'], { output: 'hide' });
    const direct = tree.split('\n').map((line) => line.split(' ')[0] ?? '');
    assert.deepEqual(crates.filter((name) => !direct.includes(name)), []);
    const lint = ['clippy', '--lib', ...target, '--', '-W', 'unused-crate-dependencies'];
    const warnings = await run('cargo', lint, { output: 'hide' });
    const idle = crates.filter((name) => warnings.includes(`extern crate \`${name.replaceAll('-', '_')}\` is unused`));
    assert.deepEqual(idle, []);
  });

  test(`each of them has left code in the ${module} module`, () => {
    const file = module === 'server' ? 'target/glue/core.wasm' : 'target/browser/browser.wasm';
    const linked = readFileSync(join(root, file), 'latin1');
    assert.deepEqual(crates.filter((name) => !SYMBOLS[name as keyof typeof CRATES].test(linked)), []);
  });
}
