/**
 * The application under test, as a process of its own: the fetch adapter behind `node:http`.
 *
 * `POST /login` starts a session, `POST /logout` ends it, `GET /` asks the provider who the user is: 200,
 * 401 when nobody is signed in, 503 when that is a matter of time. Says its port over IPC, and leaves
 * with its parent.
 */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { isAuthError } from '../../js/errors.ts';
import { oauth } from '../../js/oauth.ts';
import type { Store } from '../../js/store.ts';
import type { Auth, Credentials, TokenResponse } from '../../js/types.ts';
import type { AppSettings } from './app-process.ts';

const { provider, secret, redisPort } = JSON.parse(process.env['RACES_APP'] as string) as AppSettings;

const store = redisPort === undefined ? undefined : await redisAt(redisPort);
const auth = tokenkeep({
  provider: provider.kind === 'oauth' ? oauth(provider.options) : directus(provider.options),
  secret,
  ...(store && { store }),
  onEvent: (event) => process.send?.({ event: event.type }),
});

const server = createServer((incoming, outgoing) => {
  serve(incoming, outgoing).catch((error: unknown) => {
    console.error(error);
    outgoing.destroy();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ port: (server.address() as AddressInfo).port });
process.on('disconnect', () => process.exit());

async function redisAt(port: number): Promise<Store> {
  const { createClient } = await import('redis');
  const { redisStore } = await import('../../js/stores/redis.ts');
  const client = createClient({ socket: { host: '127.0.0.1', port } }).on('error', () => {});
  await client.connect();
  return redisStore({ client });
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', headers } = incoming;
  const body = await buffer(incoming);
  const request = new Request(`http://app.example${incoming.url}`, {
    method,
    headers: { cookie: headers.cookie ?? '' },
    ...(method === 'POST' && { body }),
  });
  const response = await auth.handle(request, answer);
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.end(await response.text());
}

async function answer(request: Request, locals: Auth): Promise<Response> {
  try {
    return new Response(null, { status: await statusOf(request, locals) });
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return new Response(error.code, { status: error.sessionEnded ? 401 : 503 });
  }
}

async function statusOf(request: Request, locals: Auth): Promise<number> {
  const route = `${request.method} ${new URL(request.url).pathname}`;
  if (route === 'POST /login') await logIn(locals, await request.json());
  else if (route === 'POST /logout') await locals.logout();
  else {
    locals.require();
    const { status } = await locals.fetch(provider.me);
    // A token that the provider does not take is this application's failure.
    return status === 200 ? 200 : 502;
  }
  return 204;
}

async function logIn(locals: Auth, body: unknown): Promise<void> {
  if (provider.kind === 'oauth') await locals.adopt(body as TokenResponse);
  else await locals.login(body as Credentials);
}
