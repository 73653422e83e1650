/** `tokenkeep/express` on Node's own servers, and what their clients may send. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request as send, type ServerResponse } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { tokenkeep } from '../../js/adapters/express.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';

const options: AuthOptions = {
  provider: directus({ url: PROVIDER_URL }),
  secret: SECRET,
  fetch: (async () => tokenAnswer()) as Fetch,
};
const auth = tokenkeep(options);

const listener: RequestListener = (request, response) => {
  serve(request, response).catch((error) => response.writeHead(500).end(String(error)));
};

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = await auth.handle(request, response);
  if (request.url === '/renew') return auth.renewRoute(request, response);
  try {
    session.require({ redirectTo: '/login' });
    response.end('inside');
  } catch (error) {
    await auth.handleError(error, request, response, (other) => assert.fail(String(other)));
  }
}

async function answered(options: { path: string; method?: string; headers?: Record<string, string> }): Promise<IncomingMessage> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(send({ host: '127.0.0.1', port, ...options }).end(), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('what require throws is answered by handleError', async () => {
  const { statusCode, headers } = await answered({ path: '/' });
  assert.deepEqual([statusCode, headers.location], [303, '/login']);
});

test('a renewal that is asked for with a host that is none is refused', async () => {
  const headers = { host: 'a b', origin: 'http://app.example' };
  assert.equal((await answered({ path: '/renew', method: 'POST', headers })).statusCode, 403);
});

test('over HTTP/2 a page can ask for a renewal too', async () => {
  const server = createHttp2Server(listener as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(origin);
  try {
    const cookie = await signIn(new TokenManager(options, true));
    const stream = client.request({ ':method': 'POST', ':path': '/renew', cookie, origin }).end();
    const [headers] = await once(stream, 'response');
    assert.deepEqual([headers[':status'], headers['set-cookie']?.length], [200, 1]);
  } finally {
    client.destroy();
    server.close();
  }
});
