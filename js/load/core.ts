/** The WebAssembly core: instantiated synchronously on first use, and replaced after a trap. */
import * as glue from '#glue';
import { wasmModule } from '#wasm';
import type { RawExports } from './core-glue.d.ts';

/** One instance of the core. Objects made by an older instance throw when they are used. */
export interface Core {
  /** Classes and functions over JavaScript values. */
  readonly glue: typeof glue;
  /** The instance's own exports, for calls that go through its memory. */
  readonly raw: RawExports;
}

let core: Core | undefined;

/**
 * The current instance; the same object until {@link resetCore}, so comparing it tells whether
 * objects made earlier are still alive.
 *
 * @throws WebAssembly.CompileError where a policy forbids WebAssembly.
 */
export function loadCore(): Core {
  core ??= { glue, raw: glue.initSync({ module: wasmModule() }) };
  return core;
}

/**
 * Abandons the current instance; the next {@link loadCore} returns another. After a trap the
 * instance's stack pointer, borrow flags and heap cannot be trusted.
 */
export function resetCore(): void {
  if (core === undefined) return;
  core = undefined;
  glue.__wbg_reset_state();
}

/**
 * Whether `error` left the instance in an unknown state. A RangeError is JavaScript's stack running
 * out inside WebAssembly frames.
 */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}
