import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { patchGlue } from '../../tools/patch-glue.mjs';

const glue = readFileSync(new URL('../../pkg/core/core.js', import.meta.url), 'utf8');

/** The glue's own function, over a memory whose allocator moves every block. */
function stringPasser(): (text: string) => string {
  const memory = new Uint8Array(100_000);
  let top = 0;
  const malloc = (size: number): number => {
    top += size + 1;
    assert.ok(top < memory.length);
    return top - size;
  };
  const realloc = (from: number, oldSize: number, size: number): number => {
    const to = malloc(size);
    memory.copyWithin(to, from, from + Math.min(oldSize, size));
    return to;
  };
  const source = /^function passStringToWasm0[\s\S]*?^\}$/m.exec(glue)?.[0];
  assert.ok(source);
  const pass = new Function(
    'getUint8ArrayMemory0',
    'malloc',
    'realloc',
    `const cachedTextEncoder = new TextEncoder();
     let WASM_VECTOR_LEN = 0;
     ${source}
     return (text) => [passStringToWasm0(text, malloc, realloc), WASM_VECTOR_LEN];`,
  )(() => memory, malloc, realloc) as (text: string) => [number, number];
  return (text) => {
    const [start, length] = pass(text);
    return new TextDecoder().decode(memory.subarray(start, start + length));
  };
}

test('a string of any length and script reaches the memory as UTF-8', () => {
  for (const unit of ['a', 'é', '€', '🔑', '\ud800', 'aé€🔑', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa🔑']) {
    const pass = stringPasser();
    for (const length of [0, 1, 8, 31, 32, 33, 64, 200]) {
      const text = unit.repeat(length);
      assert.equal(pass(text), text.toWellFormed(), `${length} times ${unit}`);
    }
  }
});

test('the glue has no asynchronous initialisation and no instanceof check of the module', () => {
  assert.doesNotMatch(glue, /async|fetch\(|instanceof WebAssembly/);
});

test('a glue that the patches do not fit fails the build', () => {
  assert.throws(() => patchGlue(glue), /glue patch matched 0 times instead of once/);
});
