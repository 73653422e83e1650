/** `tokenkeep/fetch` behind `node:http`. */
import { tokenkeep } from '../../../../js/adapters/fetch.ts';
import type { Auth } from '../../../../js/types.ts';
import { backToLogin } from '../back-to-login.ts';
import { options } from '../options.ts';
import { serveWeb } from '../serve-web.ts';
import { answerOf } from '../web-routes.ts';

const auth = tokenkeep(options);

async function next(request: Request, auth_: Auth): Promise<Response> {
  const { pathname, origin } = new URL(request.url);
  switch (pathname) {
    case '/renew':
      return auth.renewRoute(request, auth_);
    case '/auth/login':
      return auth.signIn(request, auth_, { returnTo: '/account' });
    case '/auth/callback':
      return auth.callback(request, auth_).catch((error) => Response.redirect(`${origin}${backToLogin(error)}`, 303));
    case '/auth/logout':
      return auth.logout(request, auth_);
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

serveWeb(handle);
