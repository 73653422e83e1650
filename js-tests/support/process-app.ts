/**
 * A small app as a process of its own: the fetch adapter behind `node:http`, records in Redis.
 *
 * `POST /login` signs the administrator in, `POST /logout` signs out, `GET /` answers how the request
 * came by its token. It says its port over IPC, and leaves with its parent.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { directus } from '../../js/directus.ts';
import { isAuthError } from '../../js/errors.ts';
import { redisStore } from '../../js/stores/redis.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Auth } from '../../js/types.ts';
import type { AppSettings } from './app-process.ts';
import { singleServerClients } from './redis-clients.ts';

const settings = JSON.parse(process.env['APP'] as string) as AppSettings;
const { client } = await singleServerClients[settings.client](settings.redisPort);
const { reuseWindow, fallback, timeout } = settings;

const auth = tokenkeep({
  provider: directus({ url: settings.directusUrl, ...(reuseWindow && { reuseWindow }) }),
  secret: settings.secret,
  store: redisStore({ client, ...(fallback && { fallback }), ...(timeout && { timeout }) }),
  onEvent: (event: AuthEvent) => process.send?.({ event }),
});

const server = createServer(async (incoming, outgoing) => {
  const request = new Request(`http://127.0.0.1${incoming.url}`, {
    method: incoming.method as string,
    headers: headersOf(incoming),
  });
  const response = await auth.handle(request, answer);
  outgoing.writeHead(response.status, [...response.headers].flat());
  outgoing.end(await response.text());
});

server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());

async function answer(request: Request, auth: Auth): Promise<Response> {
  if (request.method === 'POST' && request.url.endsWith('/login')) {
    await auth.login({ email: 'admin@example.com', password: 'password' });
  } else if (request.method === 'POST') {
    await auth.logout();
  }
  const signedIn = auth.session !== null;
  const generation = auth.session?.generation ?? null;
  try {
    await auth.getAccessToken();
    return Response.json({ signedIn, generation, how: auth.how, error: null });
  } catch (error) {
    const code = isAuthError(error) ? error.code : String(error);
    const retryable = isAuthError(error) && error.retryable;
    return Response.json({ signedIn, generation, how: null, error: code, retryable });
  }
}

function headersOf({ headers }: IncomingMessage): Headers {
  return new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
