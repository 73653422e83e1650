/** The provider of the demonstration, behind a proxy that counts and breaks requests. */
import { type FaultProxy, startDirectusStandIn, startFaultProxy } from '../../../js/testing.ts';
import { UserError } from '../../../tools/process.mjs';
import type { Browser } from './browser.ts';
import { say } from './lines.ts';

export interface Provider {
  /** What the app is told to use: the proxy's URL. */
  readonly url: string;
  readonly proxy: FaultProxy;
  readonly email: string;
  readonly password: string;
  /** Whether the password is somebody's own, and not to be printed. */
  readonly secretive: boolean;
  /** The request that renews a token, method and path. Default: Directus'. */
  readonly refresh?: string;
  /** How a browser signs in. Default: with the app's login form. */
  readonly signIn?: (browser: Browser) => Promise<void>;
  stop(): Promise<void>;
}

/** A provider without a proxy in front of it. */
type Target = Omit<Provider, 'proxy' | 'secretive'> & { readonly secretive?: boolean };

/** Seconds: long enough to see it count down, short enough to wait for. */
export const ACCESS_TOKEN_TTL = 4;

const targets: Readonly<Record<string, () => Promise<Target>>> = { standin, directus, running };

/** Starts `standin` or `directus`, or takes the `running` one of DIRECTUS_URL. */
export async function startProvider(name: string): Promise<Provider> {
  const start = targets[name];
  if (!start) throw new UserError(`there is no provider "${name}"`);
  const target = await start();
  const proxy = await startFaultProxy(target.url);
  say(`a proxy at ${proxy.url} counts its requests`);
  return {
    secretive: false,
    ...target,
    url: proxy.url,
    proxy,
    async stop() {
      await proxy.close();
      await target.stop();
    },
  };
}

async function standin(): Promise<Target> {
  const user = { email: 'ada@example.com', password: 'analytical', firstName: 'Ada' };
  const server = await startDirectusStandIn({
    accessTokenTtl: ACCESS_TOKEN_TTL,
    refreshDelayMs: 150,
    users: [user],
  });
  say(`the Directus stand-in answers at ${server.url}; access tokens live ${ACCESS_TOKEN_TTL} s`);
  return { url: server.url, email: user.email, password: user.password, stop: () => server.close() };
}

async function directus(): Promise<Target> {
  const { startDirectus } = await import('../../../tools/directus/start.mjs');
  const server = await startDirectus({ accessTokenTtl: ACCESS_TOKEN_TTL, log: say });
  say(`Directus ${server.version} answers; access tokens live ${ACCESS_TOKEN_TTL} s`);
  const { url, adminEmail: email, adminPassword: password, stop } = server;
  return { url, email, password, stop };
}

async function running(): Promise<Target> {
  const { DIRECTUS_URL = '', DIRECTUS_EMAIL, DIRECTUS_PASSWORD } = process.env;
  if (!DIRECTUS_EMAIL || !DIRECTUS_PASSWORD) {
    throw new UserError('set DIRECTUS_EMAIL and DIRECTUS_PASSWORD to a user of DIRECTUS_URL');
  }
  const url = new URL(DIRECTUS_URL);
  if (url.protocol !== 'http:' || url.pathname !== '/') {
    throw new UserError('DIRECTUS_URL has to be an http: origin without a path, for the proxy that counts');
  }
  say(`using the Directus at ${url.origin}`);
  const stop = async () => {};
  return { url: url.origin, email: DIRECTUS_EMAIL, password: DIRECTUS_PASSWORD, secretive: true, stop };
}
