/** `node:http` in front of a handler that makes a `Response`. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export function toListener(handle: (request: Request) => Promise<Response>): RequestListener {
  return async (incoming, outgoing) => send(await handle(toRequest(incoming)), outgoing);
}

export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.flushHeaders();
  if (!response.body) return void outgoing.end();
  await pipeline(Readable.fromWeb(response.body as never), outgoing).catch(() => {});
}

export function toRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers } = incoming;
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Readable.toWeb(incoming) as never, duplex: 'half' };
  return new Request(`http://${headers.host}${url}`, { method, headers: pairs, ...body });
}
