/** The loader for workerd, where code may only be compiled from a static import. */
import module from './core_bg.wasm';

/** See `inline.ts`. */
export const pollMs: number | null = 20;

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
