/** An application with sign-in at an oidc-provider, in this process, and a browser that uses both. */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { tokenkeep } from '../../js/adapters/fetch.ts';
import { isAuthError } from '../../js/errors.ts';
import { type OidcOptions, oidc } from '../../js/oidc.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Auth, AuthOptions, Json } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { Browser } from '../races/browser.ts';
import { type OidcOptions as ServerOptions, type OidcServer, startOidcProvider } from './oidc-provider.ts';

export const APP = 'http://app.example';

/** Changes an answer of the provider on its way to the application. */
export type Tamper = (url: URL, response: Response) => Response | Promise<Response>;

export interface OidcApp {
  readonly server: OidcServer;
  readonly events: AuthEvent[];
  /** Every request of the application to the provider: method and path. */
  readonly asked: string[];
  /** What `onLogin` was told. */
  readonly claims: Json[];
  /** Of the application. */
  readonly browser: Browser;
  /** Of the provider, in the same window. */
  readonly atProvider: Browser;
  tamper: Tamper;
  /** Opens a page of the application, and does this there. */
  visit<T>(page: (auth: Auth) => Promise<T>, browser?: Browser): Promise<T>;
  /** `/sign-in`: the redirect to the provider. */
  begin(query?: string, browser?: Browser): Promise<URL>;
  /** Follows the provider's redirects until one leads back. */
  throughProvider(start: URL): Promise<URL>;
  /** The provider's answer, delivered to the application: where it leads, or the error's code. */
  finish(answer: URL, browser?: Browser): Promise<string>;
  /** All of it; where it ends. */
  signIn(query?: string): Promise<string>;
  /** Another browser, without cookies. */
  stranger(): Browser;
  /** The same application and the same browser after a new start, which remembers nothing of the provider. */
  restarted(tamper: Tamper): OidcApp;
}

interface Changes {
  readonly server?: ServerOptions;
  readonly provider?: Partial<OidcOptions>;
  readonly app?: Partial<AuthOptions>;
}

export async function oidcApp(t: TestContext, changes: Changes = {}): Promise<OidcApp> {
  const server = await startOidcProvider({ app: APP, delayMs: 0, ...changes.server });
  t.after(() => server.close());
  return started(server, { ...changes, app: { secret: randomBytes(32).toString('base64url'), ...changes.app } });
}

function started(server: OidcServer, changes: Changes, cookies: Iterable<[string, string]> = []): OidcApp {
  const events: AuthEvent[] = [];
  const asked: string[] = [];
  const claims: Json[] = [];
  const fetching = async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = new URL(String(input));
    asked.push(`${init?.method ?? 'GET'} ${url.pathname}`);
    return scene.tamper(url, await fetch(input, init));
  };
  const auth = tokenkeep({
    provider: oidc({
      issuer: server.url,
      redirectUri: `${APP}/auth/callback`,
      clientId: server.clientId,
      clientSecret: server.clientSecret,
      clientAuth: changes.server?.clientAuth,
      url: `${server.url}/api`,
      parameters: { prompt: 'consent' },
      ...changes.provider,
    }),
    secret: undefined,
    session: { secure: true },
    fetch: fetching as Fetch,
    onEvent: (event) => events.push(event),
    onLogin: (login) => {
      claims.push(login.claims ?? null);
      return { name: login.claims?.['name'] ?? null };
    },
    ...changes.app,
  });
  let page: (auth: Auth) => Promise<unknown> = async () => null;
  const open = (request: Request) => auth.handle(request, (known, session) => route(known, session).catch(refused));
  const route = async (request: Request, session: Auth): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/sign-in') {
      const parameters = { login_hint: 'ada', ...Object.fromEntries(searchParams) };
      return auth.signIn(request, session, { returnTo: searchParams.get('returnTo'), parameters });
    }
    if (pathname === '/auth/callback') return auth.callback(request, session);
    if (pathname === '/sign-out') return auth.logout(request, session, { returnTo: searchParams.get('returnTo') });
    return Response.json({ said: (await page(session)) ?? null });
  };
  const browser = new Browser(open, cookies);
  const atProvider = new Browser((request) => fetch(request, { redirect: 'manual' }));
  const scene: OidcApp = {
    server,
    events,
    asked,
    claims,
    browser,
    atProvider,
    tamper: (_, response) => response,
    async visit(next, who = browser) {
      page = next;
      const body = await (await who.request(`${APP}/`)).json();
      if (body.code) throw Object.assign(new Error(body.code), body);
      return body.said;
    },
    begin: async (query = '', who = browser) => located(await who.request(`${APP}/sign-in${query}`), APP),
    async throughProvider(start) {
      let url = start;
      while (url.origin === server.url) url = located(await atProvider.request(url.href), url);
      return url;
    },
    async finish(answer, who = browser) {
      const response = await who.request(answer.href);
      return response.headers.get('location') ?? (await response.json()).code;
    },
    stranger: () => new Browser(open),
    restarted: (tamper) => Object.assign(started(server, changes, pairs(browser.cookies)), { tamper }),
    signIn: async (query = '') => scene.finish(await scene.throughProvider(await scene.begin(query))),
  };
  return scene;
}

function pairs(cookies: string): [string, string][] {
  return cookies.split('; ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
}

function located(response: Response, base: string | URL): URL {
  const location = response.headers.get('location');
  if (!location) throw new Error(`no redirect, but ${response.status}`);
  return new URL(location, base);
}

function refused(error: unknown): Response {
  if (!isAuthError(error)) throw error;
  const { code, retryable, providerCode, message } = error;
  return Response.json({ code, retryable, providerCode, message }, { status: 400 });
}

