/**
 * Serves a function from `Request` to `Response` at `PORT` of 127.0.0.1. Deno and Bun take it as it is; Node.js has requests and
 * responses of its own.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { Readable } from 'node:stream';

const { Deno, Bun } = globalThis as { Deno?: any; Bun?: any };
const hostname = '127.0.0.1';
const port = Number(process.env['PORT'] ?? 3000);
const listening = (at: { port: number }) => console.log(`listening on http://localhost:${at.port}`);

export function serve(fetch: (request: Request) => Promise<Response>): void {
  if (Deno) Deno.serve({ hostname, port, onListen: listening }, fetch);
  else if (Bun) listening(Bun.serve({ hostname, port, fetch }));
  else {
    const server = createServer(async (incoming, outgoing) => {
      const { method = 'GET', url, headers } = incoming;
      const body = method === 'GET' || method === 'HEAD' ? null : (Readable.toWeb(incoming) as ReadableStream);
      const init = { method, headers: headers as Record<string, string>, body, duplex: 'half' };
      const response = await fetch(new Request(`http://${headers.host}${url}`, init)).catch(failed);
      outgoing.writeHead(response.status, [...response.headers].flat());
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    });
    server.listen(port, hostname, () => listening(server.address() as AddressInfo));
  }
}

function failed(error: unknown): Response {
  console.error(error);
  return new Response('the server failed', { status: 500 });
}
