import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const wasm = readFileSync(new URL('../../pkg/load/core_bg.wasm', import.meta.url));

interface Loader {
  wasmModule(): WebAssembly.Module;
}

let copies = 0;

/** The bytes that a fresh copy of the loader compiles while a global has another value. */
async function compiledWith(
  holder: object,
  name: string,
  value: unknown,
): Promise<Uint8Array | undefined> {
  const loader = (await import(`../../pkg/load/inline.js?${copies++}`)) as Loader;
  const before = Object.getOwnPropertyDescriptor(holder, name);
  const { Module } = WebAssembly;
  const compiled: Uint8Array[] = [];
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
  WebAssembly.Module = new Proxy(Module, {
    construct(target, [bytes]) {
      compiled.push(new Uint8Array(bytes));
      return new target(bytes);
    },
  });
  try {
    assert.equal(loader.wasmModule(), loader.wasmModule());
  } finally {
    WebAssembly.Module = Module;
    Reflect.deleteProperty(holder, name);
    if (before) Object.defineProperty(holder, name, before);
  }
  assert.equal(compiled.length, 1);
  return compiled[0];
}

test('the inlined module is the file, compiled once, where Uint8Array.fromBase64 exists', async () => {
  const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  assert.deepEqual(await compiledWith(Uint8Array, 'fromBase64', fromBase64), new Uint8Array(wasm));
});

test('the inlined module is the file, compiled once, where only Buffer exists', async () => {
  assert.deepEqual(await compiledWith(Uint8Array, 'fromBase64', undefined), new Uint8Array(wasm));
});

test('the inlined module is the file, compiled once, where only atob exists', async () => {
  assert.ok(!('fromBase64' in Uint8Array), 'this Node.js would not get as far as atob');
  assert.deepEqual(await compiledWith(globalThis, 'Buffer', undefined), new Uint8Array(wasm));
});

test('where bytes may not be compiled, the error says what to change in the build', async () => {
  const loader = (await import(`../../pkg/load/inline.js?${copies++}`)) as Loader;
  const { Module } = WebAssembly;
  WebAssembly.Module = new Proxy(Module, {
    construct() {
      throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
    },
  });
  try {
    assert.throws(() => loader.wasmModule(), { code: 'ERR_CONFIG', message: /ssr: \{ external: \['tokenkeep'\] \}.*docs\/workers\.md/ });
  } finally {
    WebAssembly.Module = Module;
  }
});
