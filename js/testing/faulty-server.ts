/** An HTTP server whose requests are counted and can be made to fail; the stand-in and the fault proxy are both built on it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { FaultSwitches, matches } from './faults.ts';
import type { Fault, RequestLine, RequestMatcher } from './faults.ts';
import type { RequestCounts } from './test-server.ts';

/** A request that was read to its end. */
export interface ReceivedRequest extends RequestLine {
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A complete answer. A header that occurs several times is listed several times. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string | Buffer;
}

/** Processes one request; rejects when no answer can be had, and the client's connection is then closed. */
export type Handler = (request: ReceivedRequest) => Promise<Answer>;

export interface FaultyServerOptions {
  /** Default: 0, a free port. */
  port?: number;
  /** Which requests are counted. Default: all. */
  count?: RequestMatcher;
  /** The clock behind the `Date` header of answers that have none, in epoch ms. Default: `Date.now`. */
  now?: () => number;
}

/** A running server on 127.0.0.1. */
export class FaultyServer {
  readonly faults = new FaultSwitches();
  readonly #server: Server;
  readonly #handler: Handler;
  readonly #count: RequestMatcher;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #port: number;

  private constructor(handler: Handler, { port = 0, count = '/*', now = Date.now }: FaultyServerOptions) {
    this.#handler = handler;
    this.#count = count;
    this.#now = now;
    this.#port = port;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  static async start(handler: Handler, options: FaultyServerOptions = {}): Promise<FaultyServer> {
    const server = new FaultyServer(handler, options);
    await server.goOnline();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get counts(): RequestCounts {
    return Object.fromEntries(this.#counts);
  }

  resetCounts(): void {
    this.#counts.clear();
  }

  /** Closes every connection and stops listening: clients get `ECONNREFUSED`. */
  async goOffline(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the same port. */
  async goOnline(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.faults.clear();
    await this.goOffline();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = requestLine(request);
    if (matches(this.#count, line)) this.#increment(line);
    const fault = this.faults.take(line);
    if (fault?.kind === 'refuse') {
      request.socket.destroy();
      return;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await this.#answer(await receive(request, line), fault, gone.signal);
    if (fault?.kind === 'dropResponse') {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === 'hang' && fault.when !== 'before') await this.faults.hold(gone.signal);
    send(response, answer, this.#now());
  }

  async #answer(request: ReceivedRequest, fault: Fault | undefined, gone: AbortSignal): Promise<Answer> {
    if (fault?.kind === 'hang' && fault.when === 'before') {
      await this.faults.hold(gone);
      gone.throwIfAborted();
    }
    return (fault && substitute(fault)) ?? this.#handler(request);
  }

  #increment({ method, path }: RequestLine): void {
    const key = `${method} ${path}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

async function receive(request: IncomingMessage, line: RequestLine): Promise<ReceivedRequest> {
  const { url: target = '/', headers, rawHeaders } = request;
  return { ...line, target, headers, rawHeaders, body: await buffer(request) };
}

function requestLine({ method = 'GET', url = '/' }: IncomingMessage): RequestLine {
  const [path = '/'] = url.split('?', 1);
  return { method, path };
}

/** The answer that stands in for processing, for the faults that have one. */
function substitute(fault: Fault): Answer | undefined {
  if (fault.kind === 'html') {
    return { status: fault.status ?? 502, headers: [['Content-Type', 'text/html']], body: '<!doctype html><title>Not the API</title>' };
  }
  if (fault.kind !== 'status') return undefined;
  const headers: Array<[string, string]> = [['Content-Type', 'application/json']];
  if (fault.retryAfter !== undefined) headers.push(['Retry-After', String(fault.retryAfter)]);
  return { status: fault.status, headers, body: JSON.stringify(fault.body ?? {}) };
}

function send(response: ServerResponse, { status, headers, body }: Answer, now: number): void {
  response.statusCode = status;
  if (!headers.some(([name]) => name.toLowerCase() === 'date')) response.setHeader('Date', new Date(now).toUTCString());
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.end(body);
}
