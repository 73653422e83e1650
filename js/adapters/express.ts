/** Express 5 and `node:http`: a middleware, and the session's cookie when the head of the answer is written. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authError } from '../errors.ts';
import { headWriter } from '../node-head.ts';
import { renewRoute } from '../renew-route.ts';
import { Stop } from '../stop.ts';
import { TokenManager } from '../token-manager.ts';
import type { Auth, AuthOptions } from '../types.ts';

export type { Auth } from '../types.ts';

declare global {
  namespace Express {
    /** `response.locals`. */
    interface Locals {
      /** The session of this request. */
      auth: Auth;
    }
  }
}

/** What an application mounts. */
export interface ExpressAuth {
  /** `app.use(auth.handle)`: opens and renews the session. What follows finds it in `response.locals.auth`. */
  handle(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): Promise<void>;
  /** The same for `node:http`: resolves with the session. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<Auth>;
  /** `app.use(auth.handleError)` after the routes: answers what `require` throws, and passes on the rest. */
  handleError(error: unknown, request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): Promise<void>;
  /** `app.post('/auth/renew', auth.renewRoute)`: a page's way to ask for a renewal. */
  readonly renewRoute: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** Keeps the tokens of signed-in users alive. Nothing is checked before the first request. */
export function tokenkeep(options: AuthOptions): ExpressAuth {
  const manager = new TokenManager(options);
  const opened = new WeakMap<ServerResponse, Promise<Auth>>();

  async function handle(request: IncomingMessage, response: WithLocals, next?: () => void): Promise<any> {
    // A router may mount it again: what a second session of the request writes, the first one would write over.
    const known = opened.get(response) ?? manager.forRequest({ cookies: request.headers.cookie ?? '', writer: headWriter(response) });
    opened.set(response, known);
    const auth = await known;
    Object.assign((response.locals ??= {}), { auth });
    next?.();
    return auth;
  }

  return { handle, handleError, renewRoute: answerRenewal };
}

type WithLocals = ServerResponse & { locals?: { auth?: Auth } };

async function handleError(error: unknown, _: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): Promise<void> {
  if (!(error instanceof Stop) || response.headersSent) return next(error);
  await send(error.response, response);
}

async function answerRenewal(request: IncomingMessage, response: WithLocals): Promise<void> {
  const auth = response.locals?.auth;
  if (!auth) throw authError('ERR_API_MISUSE', "mount tokenkeep's `handle` first");
  const { method = '', headers } = request;
  // HTTP/2 has parts of the request among its headers.
  const named = Object.entries(headers).flatMap(([name, value]): [string, string][] => (name.startsWith(':') ? [] : [[name, String(value)]]));
  const asked = { method, headers: new Headers(named), url: `http://${headers.host ?? headers[':authority']}` };
  await send(await renewRoute(asked, auth), response);
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, [...answer.headers].flat()).end(await answer.text());
}
