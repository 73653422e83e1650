/** The loader for workerd, where code may only be compiled from a static import. */
import module from './core_bg.wasm';

/** The compiled core. */
export function wasmModule(): WebAssembly.Module {
  return module;
}
