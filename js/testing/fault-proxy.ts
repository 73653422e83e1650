/** A reverse proxy that counts requests and makes them fail, in front of any provider. */
import { request as send } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { FaultyServer } from './faulty-server.ts';
import type { Answer, ReceivedRequest } from './faulty-server.ts';
import type { FaultSwitches, RequestMatcher } from './faults.ts';
import type { RequestCounts, TestServer } from './test-server.ts';

/** Settings of {@link startFaultProxy}. */
export interface FaultProxyOptions {
  /** Default: 0, a free port. */
  port?: number;
  /** Which requests are counted. Default: all. */
  count?: RequestMatcher;
}

/** A running proxy; its `url` is used in place of the target's. */
export interface FaultProxy extends TestServer {
  /** How many requests were received, by `'METHOD /path'`; nothing else of a request is kept. */
  readonly counts: RequestCounts;
  /** What goes wrong with which request. */
  readonly faults: FaultSwitches;
  /** Back to zero. */
  resetCounts(): void;
}

/**
 * Starts a proxy on 127.0.0.1 that forwards everything to `target` (an `http:` origin).
 *
 * Requests and answers are passed on whole, with all their headers, `Host` and every `Set-Cookie` included; streams and WebSockets are not
 * supported. When the target cannot be reached the client's connection is closed.
 */
export async function startFaultProxy(target: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const server = await FaultyServer.start((request) => forward(target, request), options);
  return {
    url: server.url,
    get counts() {
      return server.counts;
    },
    faults: server.faults,
    resetCounts: () => server.resetCounts(),
    goOffline: () => server.goOffline(),
    goOnline: () => server.goOnline(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/**
 * Sends a request on to `target` and reads the whole answer.
 *
 * @internal
 */
export async function forward(target: string, { method, target: path, rawHeaders, body }: ReceivedRequest): Promise<Answer> {
  const outgoing = send(new URL(target), { method, path, agent: false, setHost: false });
  for (const [name, value] of endToEnd(rawHeaders)) outgoing.appendHeader(name, value);
  const answered = once(outgoing, 'response');
  outgoing.end(body);
  const [incoming] = (await answered) as [IncomingMessage];
  return { status: incoming.statusCode ?? 502, headers: endToEnd(incoming.rawHeaders), body: await buffer(incoming) };
}

/** RFC 9110 §7.6.1: these describe one connection, and each side of the proxy has its own. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** Pairs up names and values that are listed in turn, leaving out what is not for the other side. */
function endToEnd(rawHeaders: readonly string[]): Array<[name: string, value: string]> {
  const pairs: Array<[string, string]> = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) pairs.push([name, rawHeaders[index + 1] ?? '']);
  }
  return pairs;
}
