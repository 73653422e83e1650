/** The fixture app behind a provider that users really sign in at. */
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { type FaultProxy, startFaultProxy } from '../../js/testing.ts';
import { freePort } from '../../tools/ports.mjs';
import { type AuthjsProcess, type AuthjsSettings, startAuthjsApp } from '../races/authjs-process.ts';
import { Browser } from '../races/browser.ts';
import { pass } from '../races/clock.ts';
import { type OidcServer, startOidcProvider } from '../support/oidc-provider.ts';

export interface SceneOptions extends Partial<AuthjsSettings> {
  /** Seconds. Default: 900. */
  readonly accessTokenTtl?: number;
}

/** What `/auth/session` says; `null` when nobody is signed in. */
export type Session = {
  readonly user: { readonly name?: string };
  readonly claims: { readonly favourite?: string; readonly sub?: string };
  readonly error?: string;
  readonly accessToken?: string;
  readonly accessTokenExpiresAt?: number;
} | null;

export class Scene {
  readonly oidc: OidcServer;
  readonly proxy: FaultProxy;
  readonly app: AuthjsProcess;
  readonly #accessTokenTtl: number;
  #users = 0;

  private constructor(oidc: OidcServer, proxy: FaultProxy, app: AuthjsProcess, accessTokenTtl: number) {
    this.oidc = oidc;
    this.proxy = proxy;
    this.app = app;
    this.#accessTokenTtl = accessTokenTtl;
  }

  static async start({ accessTokenTtl = 900, ...settings }: SceneOptions = {}): Promise<Scene> {
    const port = await freePort();
    const redirectUri = `http://127.0.0.1:${port}/auth/callback/oidc`;
    const oidc = await startOidcProvider({ accessTokenTtl, redirectUri });
    const proxy = await startFaultProxy(oidc.url);
    const { clientId, clientSecret } = oidc;
    const options = {
      url: `${proxy.url}/api`,
      tokenEndpoint: `${proxy.url}/token`,
      revocationEndpoint: `${proxy.url}/token/revocation`,
      clientId,
      clientSecret,
    };
    const provider = { kind: 'oauth', options, me: `${proxy.url}/api/me` } as const;
    const secret = randomBytes(32).toString('base64url');
    const app = await startAuthjsApp(
      { provider, secret },
      { recipe: 'tokenkeep', issuer: oidc.url, port, ...settings },
    );
    return new Scene(oidc, proxy, app, accessTokenTtl);
  }

  async close(): Promise<void> {
    await this.app.kill();
    await Promise.all([this.proxy.close(), this.oidc.close()]);
  }

  get refreshes(): number {
    return this.proxy.counts['POST /token'] ?? 0;
  }

  get revocations(): number {
    return this.proxy.counts['POST /token/revocation'] ?? 0;
  }

  /** Lets the access tokens expire. */
  expire(): Promise<void> {
    return pass(this.#accessTokenTtl + 1);
  }

  url(path: string): string {
    return this.app.url + path;
  }

  /** A browser that goes through the provider's pages. */
  async signedIn(): Promise<Browser> {
    const browser = new Browser((request) => fetch(request));
    await this.signIn(browser);
    return browser;
  }

  async signIn(browser: Browser): Promise<void> {
    this.#users += 1;
    const started = await this.post(browser, `/auth/signin/oidc?login_hint=user-${this.#users}`);
    let next = started.headers.get('location') ?? '';
    const atProvider = new Browser((request) => fetch(request));
    for (let hops = 0; hops < 10 && !next.startsWith(this.app.url); hops += 1) {
      const response = await atProvider.request(next, { redirect: 'manual' });
      next = new URL(response.headers.get('location') ?? '', next).href;
    }
    const { status } = await browser.request(next, { redirect: 'manual' });
    if (status !== 302) throw new Error(`the callback was answered with ${status}:\n${this.app.errors}`);
  }

  get(browser: Browser, path: string, headers: Record<string, string> = {}): Promise<Response> {
    return browser.request(this.url(path), { headers });
  }

  /** As a page of this app would; `headers` can say otherwise. */
  post(browser: Browser, path: string, headers: Record<string, string> = {}): Promise<Response> {
    return browser.request(this.url(path), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.app.url, ...headers },
    });
  }

  /** What a page may know of the session. */
  async session(browser: Browser): Promise<Session> {
    return (await (await this.get(browser, '/auth/session')).json()) as Session;
  }
}

/**
 * Hooks of a file of tests: one scene, and before each test somebody who has just signed in. Gives how often tokens were renewed in
 * the test so far.
 */
export function eachSignedIn(use: (scene: Scene, browser: Browser) => void): () => number {
  let scene: Scene;
  let refreshesSoFar = 0;
  before(async () => {
    scene = await Scene.start();
  });
  after(() => scene.close());
  beforeEach(async () => {
    scene.proxy.faults.clear();
    const browser = await scene.signedIn();
    refreshesSoFar = scene.refreshes;
    use(scene, browser);
  });
  return () => scene.refreshes - refreshesSoFar;
}
