/** The certified oidc-provider behind a proxy that counts and breaks requests, and a browser's way through its sign-in. */
import { startFaultProxy } from '../../../js/testing.ts';
import { startOidcProvider } from '../../../js-tests/support/oidc-provider.ts';
import { freePort } from '../../../tools/ports.mjs';
import { UserError } from '../../../tools/process.mjs';
import { Browser } from '../../sveltekit/start/browser.ts';
import { say } from '../../sveltekit/start/lines.ts';
import type { Provider } from '../../sveltekit/start/provider.ts';
import type { AppOptions } from './app.ts';

/** Seconds: long enough to see it count down, short enough to wait for. */
const ACCESS_TOKEN_TTL = 4;

const USER = 'ada';

/** Starts it, and says how the app is to be started. */
export async function startOidc(): Promise<{ provider: Provider; app: AppOptions }> {
  const [port, appPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const server = await startOidcProvider({
    issuer: url,
    app: `http://localhost:${appPort}`,
    accessTokenTtl: ACCESS_TOKEN_TTL,
    delayMs: 150,
  });
  const proxy = await startFaultProxy(server.url, { port });
  say(`oidc-provider ${server.version} answers at ${url}; access tokens live ${ACCESS_TOKEN_TTL} s, refresh tokens one use`);
  const provider: Provider = {
    url,
    proxy,
    email: USER,
    password: 'any',
    secretive: false,
    refresh: 'POST /token',
    signIn: (browser) => signIn(browser, url),
    stop: async () => {
      await proxy.close();
      await server.close();
    },
  };
  const env = {
    PORT: String(appPort),
    OIDC_ISSUER: url,
    OIDC_CLIENT_ID: server.clientId,
    OIDC_CLIENT_SECRET: server.clientSecret,
    API_URL: `${url}/api`,
  };
  return { provider, app: { script: 'oidc-server.ts', env } };
}

/** From the app's button to the provider, through its form, and back. */
async function signIn(browser: Browser, provider: string): Promise<void> {
  const started = await browser.send('/login', { method: 'POST' });
  browser.keepCookies(started);
  const atProvider = new Browser(provider);
  let at = located(started, provider);
  while (at.origin === provider) {
    let response = await atProvider.send(at.href);
    atProvider.keepCookies(response);
    const asksForName = response.status === 200;
    if (asksForName) response = await atProvider.send(at.href, { method: 'POST', body: new URLSearchParams({ user: USER }) });
    atProvider.keepCookies(response);
    at = located(response, provider);
  }
  const finished = await browser.send(`${at.pathname}${at.search}`);
  if (finished.status !== 303) throw new UserError(`the sign-in was answered with status ${finished.status}`);
  browser.keepCookies(finished);
}

function located(response: Response, base: string): URL {
  const location = response.headers.get('location');
  if (!location) throw new UserError(`the sign-in stopped with status ${response.status}`);
  return new URL(location, base);
}
