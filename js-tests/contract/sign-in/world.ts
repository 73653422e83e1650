/** A running application with sign-in by redirect, the certified oidc-provider, and browsers that use both. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { AuthEvent } from '../../../js/events.ts';
import type { How, Session } from '../../../js/types.ts';
import { Browser } from '../../races/browser.ts';
import { type OidcServer, startOidcProvider } from '../../support/oidc-provider.ts';
import type { AdapterApp } from '../adapter/app.ts';

/** Where the provider thinks that the application is, as behind a reverse proxy. */
export const PUBLIC_ORIGIN = 'http://app.example';

/** What the application's process gets besides its own environment: the options of `oidc`, and the adapter's. */
export interface SignInEnvironment {
  readonly OIDC_ISSUER: string;
  readonly OIDC_CLIENT_ID: string;
  readonly OIDC_CLIENT_SECRET: string;
  readonly OIDC_REDIRECT_URI: string;
  readonly TOKENKEEP_SECRET: string;
}

/** Starts the application, once for the whole suite. */
export type StartSignInApp = (environment: SignInEnvironment) => Promise<AdapterApp>;

/** The buttons of the application. */
export type Button = 'login' | 'logout';

/** What a browser without scripts does when a button is pressed. */
export type Press = (browser: Browser, app: string, button: Button) => Promise<Response>;

/** A form that posts to a route of its own. */
export const postForm: Press = (browser, app, button) =>
  browser.request(`${app}/auth/${button}`, { method: 'POST', headers: { origin: app }, body: new URLSearchParams() });

/** One application for all facts. */
export class SignInWorld implements AsyncDisposable {
  readonly provider: OidcServer;
  readonly app: AdapterApp;
  readonly press: Press;

  private constructor(provider: OidcServer, app: AdapterApp, press: Press) {
    this.provider = provider;
    this.app = app;
    this.press = press;
  }

  static async start(startApp: StartSignInApp, press: Press): Promise<SignInWorld> {
    const provider = await startOidcProvider({ app: PUBLIC_ORIGIN, delayMs: 0 });
    const environment = {
      OIDC_ISSUER: provider.url,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret ?? '',
      OIDC_REDIRECT_URI: `${PUBLIC_ORIGIN}/auth/callback`,
      TOKENKEEP_SECRET: randomBytes(32).toString('base64url'),
    };
    try {
      return new SignInWorld(provider, await startApp(environment), press);
    } catch (error) {
      await provider.close();
      throw error;
    }
  }

  /** A person's browser, without cookies. */
  visitor(): Visitor {
    return new Visitor(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    await this.provider.close();
  }
}

/** One browser, at the application and at the provider. */
export class Visitor {
  readonly #world: SignInWorld;
  readonly #app: Browser;
  readonly #provider: Browser;

  constructor(world: SignInWorld, app = new Browser(send), provider = new Browser(send)) {
    this.#world = world;
    this.#app = app;
    this.#provider = provider;
  }

  /** Presses a button of the application, and says where that leads. */
  async press(button: Button): Promise<URL> {
    return located(await this.#world.press(this.#app, this.#world.app.url, button), PUBLIC_ORIGIN);
  }

  /** Follows the provider's redirects until one leads back. `null`: somebody has to say their name first. */
  async throughProvider(start: URL, name?: string): Promise<URL | null> {
    let url = start;
    while (url.origin === this.#world.provider.url) {
      let response = await this.#provider.request(url.href);
      if (response.status === 200 && name === undefined) return null;
      if (response.status === 200) response = await this.#submit(url, { user: name ?? '' });
      url = located(response, url);
    }
    return url;
  }

  /** Says yes to the provider, which asks whether to end its own session; the address where that leads. */
  async confirmLogout(start: URL): Promise<URL> {
    const page = await (await this.#provider.request(start.href)).text();
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    return located(await this.#submit(new URL('/session/end/confirm', start), { xsrf, logout: 'yes' }), start);
  }

  #submit(url: URL, fields: Record<string, string>): Promise<Response> {
    return this.#provider.request(url.href, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Brings the provider's answer to the application, and says where that leads. */
  async deliver(answer: URL): Promise<string> {
    const response = await this.#app.request(`${this.#world.app.url}${answer.pathname}${answer.search}`);
    const { origin, pathname, search } = located(response, PUBLIC_ORIGIN);
    assert.ok([PUBLIC_ORIGIN, this.#world.app.url].includes(origin), `led to ${origin}`);
    return pathname + search;
  }

  /** Signs in as somebody; where that ends. */
  async signIn(name: string): Promise<string> {
    const answer = await this.throughProvider(await this.press('login'), name);
    return answer ? this.deliver(answer) : assert.fail('the provider asked for a name that it was given');
  }

  /** `auth.session` and `auth.how`. */
  async state(): Promise<{ session: Session | null; how: How | null }> {
    return (await this.#get('/state')).json();
  }

  /** A renewal whether that is due or not. */
  async renew(): Promise<{ generation: number }> {
    return (await this.#get('/forced')).json();
  }

  /** What the application was told of a session. */
  async eventsOf({ id }: Session): Promise<AuthEvent['type'][]> {
    const events: AuthEvent[] = await (await this.#get('/events')).json();
    return events.filter((event) => 'sessionId' in event && event.sessionId === id).map(({ type }) => type);
  }

  /** A page's text. */
  async read(path: string): Promise<string> {
    return (await this.#get(path)).text();
  }

  #get(path: string): Promise<Response> {
    return this.#app.request(this.#world.app.url + path);
  }

  /** Names of the application's cookies. */
  get cookieNames(): string[] {
    return this.#app.cookies.split('; ').flatMap((pair) => pair.split('=', 1)).filter((name) => name !== '');
  }

  /** The same browser as it is now, for later. */
  snapshot(): Visitor {
    return new Visitor(this.#world, this.#app.snapshot(), this.#provider.snapshot());
  }
}

const send = (request: Request) => fetch(request, { redirect: 'manual' });

function located(response: Response, base: string | URL): URL {
  const location = response.headers.get('location');
  assert.ok(location, `no redirect, but ${response.status}`);
  return new URL(location, base);
}
