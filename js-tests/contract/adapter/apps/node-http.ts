/** `tokenkeep/express` on `node:http` alone. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tokenkeep } from '../../../../js/adapters/express.ts';
import type { Auth } from '../../../../js/types.ts';
import { options } from '../options.ts';
import { serve } from '../serve.ts';
import { send, toRequest } from '../web-listener.ts';
import { answerOf } from '../web-routes.ts';

const auth = tokenkeep(options);

serve(async (request, response) => {
  try {
    await route(request, response, await auth.handle(request, response));
  } catch (error) {
    await auth.handleError(error, request, response, () => response.writeHead(500).end('failed'));
  }
});

async function route(request: IncomingMessage, response: ServerResponse, session: Auth): Promise<unknown> {
  switch (request.url) {
    case '/renew':
      return auth.renewRoute(request, response);
    case '/redirect':
      return response.writeHead(302, { location: '/plain' }).end();
    case '/error':
      throw new Error('the route failed');
    case '/sub':
      return send(Response.json(await Promise.all([1, 2, 3].map(() => me(request)))), response);
  }
  const answer = await answerOf(session, toRequest(request));
  return answer ? send(answer, response) : response.writeHead(404).end();
}

async function me({ headers: { host, cookie = '' } }: IncomingMessage): Promise<unknown> {
  return (await fetch(`http://${host}/me`, { headers: { cookie } })).json();
}
