/**
 * The types of `pkg/core/core.js`, the glue that wasm-bindgen generates from `src/wasm/`.
 *
 * Written by hand, because the generated declarations say `any` for every JavaScript value. Nothing
 * that the package exports may mention these types.
 */

/** The exports of the WebAssembly instance itself, as raw functions over its memory. */
export interface RawExports {
  /** Its `buffer` is another one after the memory has grown. */
  readonly memory: WebAssembly.Memory;
}

/** Instantiates the module, once; every later call returns the current instance's exports. */
export function initSync(options: { module: WebAssembly.Module }): RawExports;

/** Replaces the instance with a new one. Objects of the old instance throw when they are used. */
export function __wbg_reset_state(): void;
