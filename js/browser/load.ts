/** Brings the module for pages, when it is first needed. */
import { whenTrapped } from './guard.ts';
import * as glue from './glue.js';

let loading: Promise<typeof glue> | undefined;

/** Fetches and instantiates the module, once. A failure is not remembered: the network may come back. */
export function load(): Promise<typeof glue> {
  loading ??= instantiate().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(): Promise<typeof glue> {
  // Written so that bundlers find the file.
  const response = await fetch(new URL('./browser_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`the module was answered with ${response.status}`);
  glue.initSync({ module: await compiled(response) });
  // After a trap an instance cannot be trusted. First of all listeners: theirs may begin anew.
  whenTrapped(() => glue.__wbg_reset_state());
  return glue;
}

/**
 * Streaming compilation wants a media type, without parameters, that not every server sends. webpack reads this for edge runtimes too,
 * beside `directus()`, and refuses to build what calls `WebAssembly.compile`.
 */
function compiled(response: Response): Promise<WebAssembly.Module> {
  const isTyped = response.headers.get('content-type') === 'application/wasm';
  const typed = { headers: { 'content-type': 'application/wasm' } };
  return WebAssembly.compileStreaming(isTyped ? response : new Response(response.body, typed));
}
