/** `tokenkeep/fetch` behind `node:http`. */
import { tokenkeep } from '../../../../js/adapters/fetch.ts';
import { directus } from '../../../../js/directus.ts';
import type { Auth } from '../../../../js/types.ts';
import { events } from '../events.ts';
import { serve } from '../serve.ts';
import { answerOf } from '../web-routes.ts';
import { toListener } from '../web-listener.ts';

const { DIRECTUS_URL = '', TOKENKEEP_SECRET } = process.env;
const auth = tokenkeep({
  provider: directus({ url: DIRECTUS_URL }),
  secret: TOKENKEEP_SECRET,
  onEvent: (event) => events.push(event),
});

async function next(request: Request, auth_: Auth): Promise<Response> {
  const { pathname, origin } = new URL(request.url);
  switch (pathname) {
    case '/renew':
      return auth.renewRoute(request, auth_);
    case '/redirect':
      return Response.redirect(`${origin}/plain`, 302);
    case '/error':
      return new Response('failed', { status: 500 });
    case '/sub':
      return Response.json(await Promise.all([1, 2, 3].map(() => me(request))));
  }
  return (await answerOf(auth_, request)) ?? new Response(null, { status: 404 });
}

async function me(request: Request): Promise<unknown> {
  const own = new Request(new URL('/me', request.url), { headers: { cookie: request.headers.get('cookie') ?? '' } });
  return (await handle(own)).json();
}

const handle = (request: Request) => auth.handle(request, next);

serve(toListener(handle));
