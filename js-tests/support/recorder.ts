/** A proxy that keeps what an app has sent to its provider, headers included, and answers `POST /echo` itself. */
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Recorded {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly requests: Recorded[];
  /** How many requests had this method and path. */
  count(line: string): number;
  /** The next `POST /echo` is answered as Directus answers an expired token. */
  refuseNextEcho(): void;
}

const EXPIRED = { errors: [{ message: 'Token expired.', extensions: { code: 'TOKEN_EXPIRED' } }] };

export async function startRecorder(target: string): Promise<Recorder> {
  const requests: Recorded[] = [];
  let refuse = false;
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming);
    const line = `${incoming.method} ${incoming.url?.split('?', 1)[0]}`;
    requests.push({ line, headers: incoming.headers, body });
    if (line !== 'POST /echo') return forward(target, incoming, body, response);
    response.writeHead(refuse ? 401 : 200, { 'content-type': 'application/json' });
    response.end(refuse ? JSON.stringify(EXPIRED) : body);
    refuse = false;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    count: (line) => requests.filter((request) => request.line === line).length,
    refuseNextEcho: () => void (refuse = true),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forward(target: string, { method, url, headers }: IncomingMessage, body: string, response: ServerResponse): void {
  const outgoing = send(new URL(url ?? '/', target), { method, headers, agent: false });
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  outgoing.end(body);
}
