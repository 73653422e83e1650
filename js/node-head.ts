/** Cookies on the response of a `node:http` server. */
import type { ServerResponse } from 'node:http';
import type { CookieWriter } from './auth.ts';
import { PendingCookies, type ResponseHeaders } from './cookies.ts';

/** Arguments of `writeHead`: the status, perhaps a message, perhaps headers. */
type Head = [status: number, ...rest: unknown[]];

/**
 * Sets cookies when the head is written, by whomever: Node itself calls `writeHead` if the application does not.
 * It is too late when that has happened, and when the client has gone.
 */
export function headWriter(response: ServerResponse): CookieWriter {
  const cookies = new PendingCookies();
  const writeHead = response.writeHead as (...head: Head) => ServerResponse;
  response.writeHead = (...head: Head) => {
    if (cookies.isEmpty) return writeHead.apply(response, head);
    // What is given to `writeHead` would replace ours, so it is set before.
    const explicit = head.find((argument) => typeof argument === 'object' && argument !== null);
    if (explicit) setHeaders(response, explicit);
    cookies.writeTo(headersOf(response));
    return writeHead.apply(response, head.filter((argument) => argument !== explicit) as Head);
  };
  return {
    get open() {
      return !response.headersSent && !response.destroyed;
    },
    set: (written) => cookies.set(written),
  };
}

/** As `writeHead` takes them: an object, or names and values in turn or in pairs, where a name may come more than once. */
function setHeaders(response: ServerResponse, headers: object): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return;
  }
  const pairs = Array.isArray(headers[0]) ? headers : headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  for (const [name] of pairs) response.removeHeader(name);
  for (const [name, value] of pairs) response.appendHeader(name, value);
}

function headersOf(response: ServerResponse): ResponseHeaders {
  return {
    get: (name) => response.getHeader(name)?.toString() ?? null,
    set: (name, value) => response.setHeader(name, value),
    append: (name, value) => response.appendHeader(name, value),
  };
}
