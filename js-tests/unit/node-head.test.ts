import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { CookieWriter } from '../../js/auth.ts';
import type { SetCookie } from '../../js/cookies.ts';
import { headWriter } from '../../js/node-head.ts';

const session: SetCookie = { name: 'session', value: 'new', attributes: { httpOnly: true, sameSite: 'lax', path: '/', secure: true } };
const SESSION = 'session=new; Path=/; HttpOnly; Secure; SameSite=Lax';

/** What a client gets from a server that answers so, with a session's cookie to write. */
async function answered(answer: (response: ServerResponse, writer: CookieWriter) => void, cookies = [session]) {
  const server = createServer((_, response) => {
    const writer = headWriter(response);
    writer.set(cookies);
    answer(response, writer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { redirect: 'manual' });
    return { response, setCookie: response.headers.getSetCookie(), text: await response.text() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const heads: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'end alone': (response) => response.end('body'),
  'write and end': (response) => (response.write('bo'), response.end('dy')),
  flushHeaders: (response) => (response.flushHeaders(), response.end('body')),
  'writeHead with a status': (response) => response.writeHead(200).end('body'),
  'writeHead with a message': (response) => response.writeHead(200, 'Fine').end('body'),
  'writeHead with headers': (response) => response.writeHead(200, { 'Content-Length': 4 }).end('body'),
  'writeHead with a message and headers': (response) => response.writeHead(200, 'Fine', { 'Content-Length': 4 }).end('body'),
  'writeHead with names and values': (response) => response.writeHead(200, ['Content-Length', '4']).end('body'),
  'writeHead with pairs of them': (response) => response.writeHead(200, [['Content-Length', '4']] as never).end('body'),
};

for (const [how, answer] of Object.entries(heads)) {
  test(`a head that is written by ${how} has the cookie and is private`, async () => {
    const { response, setCookie, text } = await answered(answer);
    assert.deepEqual([response.status, text, setCookie], [200, 'body', [SESSION]]);
    assert.equal(response.headers.get('cache-control'), 'private, no-store');
    assert.equal(response.headers.get('vary'), 'Cookie');
    if (how.includes('message')) assert.equal(response.statusText, 'Fine');
  });
}

test("the application's cookies stay, however they were set", async () => {
  const { setCookie: set } = await answered((response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.end();
  });
  assert.deepEqual(set, ['a=1', 'b=2', SESSION]);
  const { setCookie: explicit } = await answered((response) => {
    response.setHeader('Set-Cookie', 'replaced=1');
    response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }).end();
  });
  assert.deepEqual(explicit, ['a=1', 'b=2', SESSION]);
  const { setCookie: listed } = await answered((response) => {
    response.setHeader('Set-Cookie', 'replaced=1');
    response.writeHead(200, ['Set-Cookie', 'a=1', 'set-cookie', 'b=2']).end();
  });
  assert.deepEqual(listed, ['a=1', 'b=2', SESSION]);
});

test('the last value of a cookie is written, and nothing without one', async () => {
  const { setCookie } = await answered((response, writer) => {
    writer.set([{ ...session, value: 'newer' }]);
    response.end();
  });
  assert.deepEqual(setCookie, [SESSION.replace('new', 'newer')]);
  const { response } = await answered((response) => response.writeHead(200, { 'cache-control': 'max-age=60' }).end(), []);
  assert.equal(response.headers.get('cache-control'), 'max-age=60');
  assert.equal(response.headers.get('vary'), null);
});

test('it is too late when the head has been sent, and when the client has gone', async () => {
  const states: boolean[] = [];
  await answered((response, writer) => {
    states.push(writer.open);
    response.write('x');
    states.push(writer.open);
    response.end();
  });
  const leaving = answered((response, writer) => {
    response.destroy();
    states.push(writer.open);
  });
  await assert.rejects(leaving);
  assert.deepEqual(states, [true, false, false]);
});
