/** Directus, or something that answers like it. */
import { startDirectusStandIn, startFaultProxy } from '../../js/testing.ts';
import { UserError } from '../../tools/process.mjs';
import { say } from './lines.ts';
import { ACCESS_TOKEN_TTL, type Provider, REFRESH_DELAY_MS } from './provider.ts';

export interface Directus extends Provider {
  readonly email: string;
  readonly password: string;
  /** Whether the password is somebody's own, and not to be printed. */
  readonly secretive: boolean;
}

/** One without a proxy in front of it. */
type Target = Pick<Directus, 'url' | 'email' | 'password' | 'stop'> & { readonly secretive?: boolean };

const targets: Readonly<Record<string, () => Promise<Target>>> = { standin, directus, running };

/** Starts `standin` or `directus`, or takes the `running` one of DIRECTUS_URL. */
export async function startDirectus(name: string): Promise<Directus> {
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
    refresh: 'POST /auth/refresh',
    async stop() {
      await proxy.close();
      await target.stop();
    },
  };
}

/** How a person signs in: the end of the sentence that main.ts begins. */
export function credentials({ email, password, secretive }: Directus): string {
  return secretive ? ` as ${email}` : ` as ${email} with the password ${password}`;
}

async function standin(): Promise<Target> {
  const user = { email: 'ada@example.com', password: 'analytical', firstName: 'Ada', admin: true };
  const server = await startDirectusStandIn({
    accessTokenTtl: ACCESS_TOKEN_TTL,
    refreshDelayMs: REFRESH_DELAY_MS,
    users: [user],
  });
  say(`the Directus stand-in answers at ${server.url}; access tokens live ${ACCESS_TOKEN_TTL} s`);
  return { url: server.url, email: user.email, password: user.password, stop: () => server.close() };
}

async function directus(): Promise<Target> {
  const { startDirectus } = await import('../../tools/directus/start.mjs');
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
  const url = URL.parse(DIRECTUS_URL);
  if (url?.protocol !== 'http:' || url.pathname !== '/') {
    throw new UserError('DIRECTUS_URL has to be an http: origin without a path, for the proxy that counts');
  }
  say(`using the Directus at ${url.origin}`);
  const stop = async () => {};
  return { url: url.origin, email: DIRECTUS_EMAIL, password: DIRECTUS_PASSWORD, secretive: true, stop };
}
