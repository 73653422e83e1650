/** The contract's routes for frameworks whose handlers make a `Response`. What is the framework's own is left to it. */
import type { Auth, Json } from '../../../js/types.ts';
import { events } from './events.ts';

type WebRoute = (auth: Auth, request: Request) => Response | Promise<Response>;

/** By method and path. */
export const webRoutes: Readonly<Record<string, WebRoute>> = {
  'GET /plain': () => new Response('plain'),
  'GET /state': ({ session, how }) => Response.json({ session, how }),
  'GET /me': async (auth) => {
    const answer = await auth.fetch(`${auth.providerUrl}/users/me?fields=email`);
    const { data } = (await answer.json()) as { data: { email: string } };
    return Response.json({ ...data, how: auth.how });
  },
  'GET /forced': async (auth) => {
    await auth.getAccessToken({ refresh: true });
    return Response.json({ how: auth.how, generation: auth.session?.generation });
  },
  'GET /private': (auth) => Response.json({ session: auth.require({ redirectTo: '/login' }) }),
  'GET /members': (auth) => Response.json({ session: auth.require() }),
  'POST /login': async (auth, request) => {
    const { email, password } = (await request.json()) as { email: string; password: string };
    return Response.json(await auth.login({ email, password }));
  },
  'POST /logout': async (auth) => {
    await auth.logout();
    return Response.json({});
  },
  'POST /update': async (auth, request) => Response.json(await auth.update((await request.json()) as Json)),
  'GET /decorated': () => {
    const headers = new Headers({ 'cache-control': 'max-age=60', vary: 'Accept-Language' });
    headers.append('set-cookie', 'theme=dark; Path=/');
    headers.append('set-cookie', 'language=en; Path=/');
    return new Response('decorated', { headers });
  },
  'GET /not-modified': () => new Response(null, { status: 304, headers: { etag: '"1"' } }),
  'GET /stream': () => inTwoChunks(async () => 'last'),
  'GET /late-refresh': (auth) =>
    inTwoChunks(async () => {
      await auth.getAccessToken({ refresh: true });
      return String(auth.how);
    }),
  'GET /late-login': (auth) => inTwoChunks(() => codeOf(auth.login({ email: 'admin@example.com', password: 'password' }))),
  'GET /late-logout': (auth) => inTwoChunks(() => codeOf(auth.logout())),
  'GET /late-sign-in': (auth) => inTwoChunks(() => codeOf(auth.signIn())),
  'GET /events': () => Response.json(events),
};

/** The route's answer; `undefined` for a request that is not among {@link webRoutes}. */
export async function answerOf(auth: Auth, request: Request): Promise<Response | undefined> {
  const route = webRoutes[`${request.method} ${new URL(request.url).pathname}`];
  try {
    return await route?.(auth, request);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return Response.json({ code }, { status: 400 });
  }
}

/** Of an `AuthError`, whichever copy of the package made it. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'AuthError' ? (error as { code?: string }).code : undefined;
}

/** The code of the error that something ends with. */
export async function codeOf(doing: Promise<unknown>): Promise<string> {
  const error = await doing.then(() => undefined, (reason: unknown) => reason);
  return errorCode(error) ?? 'no error';
}

/** How long a server takes, at most, to send the head of an answer whose body it has got. */
export const SENT_MS = 50;

/** A stream whose second chunk is made when the first has been sent. */
function inTwoChunks(last: () => Promise<string>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('first '));
      await new Promise((resolve) => setTimeout(resolve, SENT_MS));
      controller.enqueue(encoder.encode(await last().catch(String)));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
