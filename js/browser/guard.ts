/**
 * Every way into the WebAssembly module. Rust's futures run in microtasks of their own: when one of them
 * traps, nobody is there to catch it, and the promises that it was to settle would stay open for ever.
 */

/** Told of each trap, after the call that it ended has left the stack. */
const listeners = new Set<(error: unknown) => void>();

/** Calls `listener` after each trap, until what this returns is called. */
export function whenTrapped(listener: (error: unknown) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * The exports of an instance, whose functions report what they throw. Rust's errors are not thrown through
 * them, so it is always a trap.
 */
export function guarded(exports: WebAssembly.Exports): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === 'function' ? reporting(value as (...values: unknown[]) => unknown) : value,
    ]),
  );
}

function reporting(call: (...values: unknown[]) => unknown) {
  return (...values: unknown[]) => {
    try {
      return call(...values);
    } catch (error) {
      queueMicrotask(() => listeners.forEach((listener) => listener(error)));
      throw error;
    }
  };
}
