/** The loader for edge runtimes whose bundlers ask for `?module` on a static import. */
import module from './core_bg.wasm?module';

/** See `inline.ts`. */
export const pollMs: number | null = 20;

/** See `inline.ts`. */
export const waitUntil: ((promise: Promise<unknown>) => void) | undefined = undefined;

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
