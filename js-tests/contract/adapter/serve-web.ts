/** A handler of web requests on a free port of 127.0.0.1: on the server that the runtime has for them, or on `node:http`. */
import { serve } from './serve.ts';
import { toListener } from './web-listener.ts';

type Handle = (request: Request) => Promise<Response>;

interface Runtime {
  readonly Bun?: { serve(options: object): { readonly port: number } };
  readonly Deno?: { serve(options: object, handle: Handle): { readonly addr: { readonly port: number } } };
}

export function serveWeb(handle: Handle): void {
  const { Bun, Deno } = globalThis as Runtime;
  const address = { port: 0, hostname: '127.0.0.1' };
  const listening = (port: number) => console.log(`listening on http://127.0.0.1:${port}`);
  if (Bun) return listening(Bun.serve({ ...address, fetch: handle }).port);
  if (Deno) return listening(Deno.serve({ ...address, onListen: () => {} }, handle).addr.port);
  serve(toListener(handle));
}
