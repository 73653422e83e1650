/** A fresh request awaits nothing but promises that are settled: it is served within one turn of the event loop. */
import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { Hono } from 'hono';
import { tokenkeep as astro } from '../../js/adapters/astro.ts';
import { tokenkeep as express } from '../../js/adapters/express.ts';
import { tokenkeep as fetch } from '../../js/adapters/fetch.ts';
import { tokenkeep as hono } from '../../js/adapters/hono.ts';
import { tokenkeep as sveltekit } from '../../js/adapters/sveltekit.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { Auth, AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, signIn, tokenAnswer } from '../support/core.ts';

const options: AuthOptions = {
  provider: directus({ url: PROVIDER_URL }),
  secret: SECRET,
  fetch: (async () => tokenAnswer()) as Fetch,
};

/** Serves a request with this cookie and resolves with the session that the application was given. */
type Serve = (cookie: string) => Promise<Auth | undefined>;

const adapters: Readonly<Record<string, () => Serve>> = {
  fetch: () => {
    const { handle } = fetch(options);
    return async (cookie) => {
      let given: Auth | undefined;
      await handle(new Request('http://app/', { headers: { cookie } }), (_, auth) => {
        given = auth;
        return new Response();
      });
      return given;
    };
  },
  express: () => {
    const { handle } = express(options);
    return async (cookie) => {
      const request = new IncomingMessage(new Socket());
      request.headers.cookie = cookie;
      const response = new ServerResponse(request);
      await new Promise<void>((next) => void handle(request, response, () => next()));
      return (response as { locals?: { auth?: Auth } }).locals?.auth;
    };
  },
  hono: () => {
    let given: Auth | undefined;
    const app = new Hono();
    app.use(hono(options).handle);
    app.get('/', (c) => {
      given = c.get('auth');
      return c.body(null);
    });
    return async (cookie) => {
      await app.request('/', { headers: { cookie } });
      return given;
    };
  },
  astro: () => {
    const { handle } = astro(options);
    return async (cookie) => {
      const locals: { auth?: Auth } = {};
      const request = new Request('http://app/', { headers: { cookie } });
      await handle({ request, locals, isPrerendered: false }, async () => new Response());
      return locals.auth;
    };
  },
  sveltekit: () => {
    const { handle } = sveltekit(options);
    return async (cookie) => {
      const request = new Request('http://app/', { headers: { cookie } });
      const event = { request, locals: {} as { auth?: Auth }, cookies: {}, getClientAddress: () => '127.0.0.1' };
      await handle({ event: event as never, resolve: async () => new Response() });
      return event.locals.auth;
    };
  },
};

for (const [name, start] of Object.entries(adapters)) {
  test(`tokenkeep/${name} serves a fresh request within one turn of the event loop`, async () => {
    const cookie = await signIn(new TokenManager(options, true));
    const serve = start();
    await serve(cookie);
    let turned = false;
    setImmediate(() => (turned = true));
    const auth = await serve(cookie);
    assert.deepEqual([auth?.how, turned], ['fresh', false]);
  });
}
