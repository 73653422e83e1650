/** The loader for workerd, where code may only be compiled from a static import. */
// By its namespace: runtimes of before August 2025 have no `waitUntil` in it.
import * as workers from 'cloudflare:workers';
import module from './core_bg.wasm';

/** See `inline.ts`. */
export const pollMs: number | null = 20;

/** See `inline.ts`. */
export const waitUntil: ((promise: Promise<unknown>) => void) | undefined = workers.waitUntil;

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
