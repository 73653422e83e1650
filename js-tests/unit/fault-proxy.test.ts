import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { startFaultProxy } from '../../js/testing.ts';
import type { FaultProxy, FaultProxyOptions } from '../../js/testing.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A provider that answers `processed`, counts what it processes, and a proxy in front of it. */
async function start(context: TestContext, options: FaultProxyOptions = {}, listener?: Listener) {
  const provider = { processed: 0 };
  const server = createServer((request, response) => {
    provider.processed += 1;
    if (listener) listener(request, response);
    else response.end('processed');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startFaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  context.after(async () => {
    await proxy.close();
    server.close();
    server.closeAllConnections();
  });
  return { provider, proxy, server };
}

const refresh = (proxy: FaultProxy, init: RequestInit = {}) => fetch(`${proxy.url}/auth/refresh`, { method: 'POST', ...init });

test('a request reaches the target with its query, body and headers, and the answer comes back with every Set-Cookie', async (context) => {
  const { proxy } = await start(context, {}, async (request, response) => {
    response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2']);
    response.statusCode = 201;
    const { authorization, host } = request.headers;
    response.end(JSON.stringify([request.method, request.url, authorization, host, await text(request)]));
  });
  const headers = { authorization: 'Bearer x' };
  const response = await fetch(`${proxy.url}/items?a=b&a=c`, { method: 'PATCH', headers, body: 'body' });
  assert.equal(response.status, 201);
  assert.deepEqual(response.headers.getSetCookie(), ['a=1; Path=/', 'b=2']);
  assert.deepEqual(await response.json(), ['PATCH', '/items?a=b&a=c', 'Bearer x', new URL(proxy.url).host, 'body']);
});

test('an answer without a body and one in chunks are passed on', async (context) => {
  const { proxy } = await start(context, {}, ({ url }, response) => {
    if (url === '/empty') return void response.writeHead(204).end();
    response.write('in ');
    response.end('chunks');
  });
  assert.equal((await fetch(`${proxy.url}/empty`)).status, 204);
  assert.equal(await (await fetch(`${proxy.url}/chunks`)).text(), 'in chunks');
});

test('selected requests are counted by method and path, faulty ones too', async (context) => {
  const { proxy } = await start(context, { count: '/auth/*' });
  proxy.faults.next('/auth/refresh', { kind: 'status', status: 503 });
  await refresh(proxy);
  await refresh(proxy);
  await fetch(`${proxy.url}/auth/me?secret=1`);
  await fetch(`${proxy.url}/items`);
  assert.deepEqual(proxy.counts, { 'POST /auth/refresh': 2, 'GET /auth/me': 1 });
  proxy.resetCounts();
  assert.deepEqual(proxy.counts, {});
});

test('`next` is used up and comes before `set`, which lasts until `clear`', async (context) => {
  const { proxy } = await start(context);
  proxy.faults.set('POST /auth/refresh', { kind: 'status', status: 503 });
  proxy.faults.next('/auth/*', { kind: 'status', status: 429, retryAfter: 7 }, 2);
  const statuses = [];
  for (let request = 0; request < 4; request++) statuses.push((await refresh(proxy)).status);
  assert.deepEqual(statuses, [429, 429, 503, 503]);
  proxy.faults.clear();
  assert.equal((await refresh(proxy)).status, 200);
});

test('status and html answer in place of the target', async (context) => {
  const { proxy, provider } = await start(context);
  proxy.faults.next('/*', { kind: 'status', status: 429, retryAfter: 7, body: { error: 'slow_down' } });
  const limited = await refresh(proxy);
  assert.deepEqual([limited.status, limited.headers.get('retry-after'), await limited.json()], [429, '7', { error: 'slow_down' }]);
  proxy.faults.next('/*', { kind: 'html', status: 200 });
  const page = await refresh(proxy);
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html']);
  assert.equal(provider.processed, 0);
});

test('a dropped response was processed, a refused request was not', async (context) => {
  const { proxy, provider } = await start(context);
  proxy.faults.next('/*', { kind: 'dropResponse' });
  await assert.rejects(refresh(proxy), TypeError);
  assert.equal(provider.processed, 1);
  proxy.faults.next('/*', { kind: 'refuse' });
  await assert.rejects(refresh(proxy), TypeError);
  assert.equal(provider.processed, 1);
});

test('a held answer was processed and comes at the release', async (context) => {
  const { proxy, provider } = await start(context);
  proxy.faults.next('/*', { kind: 'hang' });
  const answer = refresh(proxy);
  await proxy.faults.whenHeld();
  assert.equal(provider.processed, 1);
  proxy.faults.release();
  assert.equal(await (await answer).text(), 'processed');
});

test('a held request is processed at the release, unless the client gave up', async (context) => {
  const { proxy, provider } = await start(context);
  proxy.faults.next('/*', { kind: 'hang', when: 'before' }, 2);
  const patience = new AbortController();
  const [patient, impatient] = [refresh(proxy), refresh(proxy, { signal: patience.signal })];
  await proxy.faults.whenHeld(2);
  assert.equal(provider.processed, 0);
  patience.abort();
  await assert.rejects(impatient, { name: 'AbortError' });
  await proxy.faults.whenHeld(1);
  proxy.faults.release();
  assert.equal((await patient).status, 200);
  assert.equal(provider.processed, 1);
});

test('offline means that connections are refused, online that the address works again', async (context) => {
  const { proxy } = await start(context);
  await proxy.goOffline();
  await assert.rejects(refresh(proxy), (error: Error) => (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED');
  await proxy.goOnline();
  assert.equal((await refresh(proxy)).status, 200);
});

test('a target that cannot be reached closes the connection', async (context) => {
  const { proxy, server } = await start(context);
  server.close();
  await assert.rejects(refresh(proxy), TypeError);
});
