/** A proxy that ends TLS in front of an app, as nginx and load balancers do. */
import { once } from 'node:events';
import { request as send } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from './certificate.ts';

export interface TlsProxyOptions {
  /**
   * `kept`: the app gets the `Host` that the browser sent. `forwarded`: it gets its own address there, and the
   * browser's in `X-Forwarded-Host`, as with nginx' `proxy_pass` and nothing else. Default: `kept`.
   */
  host?: 'kept' | 'forwarded';
}

export interface TlsProxy extends AsyncDisposable {
  /** `https://127.0.0.1:…`; the certificate is the proxy's own, so clients have to be told to accept it. */
  readonly url: string;
  /** Resolves when the next request for this path and query has arrived, with the cookies of that moment. */
  arrived(path: string): Promise<void>;
  /** Resolves when a browser has given up a request that is on its way, and the app has been told. */
  nextAbort(): Promise<void>;
}

/** No path: those begin with a slash. */
const ABORT = 'abort';

/** Starts one on a free port of 127.0.0.1. `target` is an `http:` origin. */
export async function startTlsProxy(target: string, { host = 'kept' }: TlsProxyOptions = {}): Promise<TlsProxy> {
  const happened = new EventTarget();
  const server = createServer(selfSignedCertificate(), (incoming, response) => {
    happened.dispatchEvent(new Event(`${incoming.url}`));
    const outgoing = send(new URL(incoming.url ?? '/', target), {
      method: incoming.method,
      headers: forwardedHeaders(incoming, host === 'kept' ? {} : { host: new URL(target).host }),
      agent: false,
    });
    outgoing.on('response', (answer) => passOn(answer, response));
    outgoing.on('error', () => response.destroy());
    response.on('close', () => {
      if (response.writableFinished) return;
      outgoing.destroy();
      happened.dispatchEvent(new Event(ABORT));
    });
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: async (path) => void (await once(happened, path)),
    nextAbort: async () => void (await once(happened, ABORT)),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forwardedHeaders({ headers }: IncomingMessage, replaced: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return { ...headers, 'x-forwarded-proto': 'https', 'x-forwarded-host': headers.host, ...replaced };
}

function passOn(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}
