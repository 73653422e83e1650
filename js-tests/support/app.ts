/** A small server application around the fetch adapter, on node:http. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { readMe } from '@directus/sdk';
import { type Auth, tokenkeep } from '../../js/adapters/fetch.ts';
import { directusClient } from '../../js/directus.ts';
import { isAuthError } from '../../js/errors.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { AuthOptions } from '../../js/types.ts';

export interface App {
  readonly url: string;
  /** Everything that `onEvent` was told. */
  readonly events: AuthEvent[];
  /** Every refresh token that the provider issued to this app, in the order in which they came. */
  readonly issued: string[];
  /** Resolves when `onEvent` has been told `count` events of a type. */
  happened(type: AuthEvent['type'], count?: number): Promise<void>;
  close(): Promise<void>;
}

export type AppOptions = Omit<AuthOptions, 'secret'> & Partial<Pick<AuthOptions, 'secret'>>;

export const SECRET = 'tests: a secret of more than thirty-two characters';

/** Starts the application on a free port of 127.0.0.1. */
export async function startApp(options: AppOptions): Promise<App> {
  const events: AuthEvent[] = [];
  const issued: string[] = [];
  const watchers = new Set<() => void>();
  const auth = tokenkeep({
    secret: SECRET,
    fetch: recording(issued),
    ...options,
    onEvent: (event) => {
      events.push(event);
      for (const look of watchers) look();
      options.onEvent?.(event);
    },
  });
  const server = createServer(async (incoming, outgoing) => {
    const response = await auth.handle(await toRequest(incoming), route).catch(failed);
    await respond(response, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    issued,
    happened: (type, count = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if (events.filter((event) => event.type === type).length < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

type Route = (auth: Auth, request: Request) => Promise<Response>;

const routes: Record<string, Route> = {
  'POST /login': async (auth, request) => {
    const { remember, ...credentials } = await request.json();
    return Response.json(await auth.login(credentials, remember === undefined ? {} : { remember }));
  },
  'POST /logout': async (auth) => {
    await auth.logout();
    return Response.json({});
  },
  /** A data call with the bearer, its answer passed on. */
  'GET /me': async (auth) => {
    const answer = await auth.fetch(`${auth.providerUrl}/users/me?fields=id,email`);
    return Response.json({ ...(await answer.json()), how: auth.how }, { status: answer.status });
  },
  'GET /sdk': async (auth) =>
    Response.json(await directusClient<any>(auth).request(readMe({ fields: ['id', 'email'] }))),
  'GET /token': async (auth) => Response.json({ token: await auth.getAccessToken(), how: auth.how }),
  'GET /renew': async (auth) => Response.json({ token: await auth.getAccessToken({ refresh: true }), how: auth.how }),
  /** What the application knows without asking anybody. */
  'GET /data': async (auth) => Response.json({ session: auth.session, how: auth.how }),
  'GET /require': async (auth) => Response.json(auth.require({ redirectTo: '/login' })),
  'POST /update': async (auth, request) => Response.json(await auth.update(await request.json())),
  /** A page with headers of its own. */
  'GET /decorated': async () => {
    const headers = new Headers({ 'cache-control': 'max-age=60', vary: 'Accept-Language' });
    headers.append('set-cookie', 'theme=dark; Path=/');
    headers.append('set-cookie', 'language=en; Path=/');
    return new Response(null, { headers });
  },
};

async function route(request: Request, auth: Auth): Promise<Response> {
  const found = routes[`${request.method} ${new URL(request.url).pathname}`];
  if (!found) return Response.json({}, { status: 404 });
  try {
    return await found(auth, request);
  } catch (error) {
    if (!isAuthError(error)) throw error;
    const { code, retryable, sessionEnded, retryAfterMs, providerCode } = error;
    const status = error.sessionEnded ? 401 : error.retryable ? 503 : 400;
    return Response.json({ code, retryable, sessionEnded, retryAfterMs, providerCode }, { status });
  }
}

/** `fetch`, and a list of the refresh tokens that came by. */
function recording(issued: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const answer: any = await response.clone().json().catch(() => null);
    const token = answer?.data?.refresh_token;
    if (typeof token === 'string') issued.push(token);
    return response;
  };
}

/** What `handle` lets through is the application's own failure, which a test has to see. */
function failed(error: unknown): Response {
  if (error instanceof Response) return error;
  return Response.json({ crashed: String(error) }, { status: 500 });
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/', headers } = incoming;
  const body = method === 'GET' ? null : await buffer(incoming);
  const names = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return new Request(`http://${headers.host}${url}`, { method, headers: names, body });
}

async function respond(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
