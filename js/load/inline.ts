/** The loader for everything that may compile bytes: the module travels inside the JavaScript. */
import { authError } from '../errors.ts';
import { base64 } from './core_base64.js';

/**
 * How often a request looks whether another one has finished a renewal, in ms. `null`: it is told. Workers
 * must look: there a promise that another request settles is not served.
 */
export const pollMs: number | null = null;

/** Keeps the runtime alive until something is done, where the runtime has this for all code. */
export const waitUntil: ((promise: Promise<unknown>) => void) | undefined = undefined;

let compiled: WebAssembly.Module | undefined;

/** The compiled core. Compiled on the first call, so that importing the package costs nothing. */
export function wasmModule(): WebAssembly.Module {
  compiled ??= compile(decode(base64));
  return compiled;
}

function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw authError('ERR_CONFIG', UNCOMPILED, { cause });
  }
}

const UNCOMPILED =
  'WebAssembly cannot be compiled here. For Cloudflare Workers, SvelteKit has to leave tokenkeep to wrangler: ' +
  "ssr: { external: ['tokenkeep'] } in vite.config. Other bundlers have to take its files for workerd. See docs/workers.md.";

interface Base64Decoder {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as Base64Decoder;
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  // Written with `globalThis.`, or bundlers would add a polyfill for browsers.
  if (globalThis.Buffer) return globalThis.Buffer.from(text, 'base64');
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
