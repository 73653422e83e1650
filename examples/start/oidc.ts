/** The certified oidc-provider. */
import { type OidcOptions, startOidcProvider } from '../../js-tests/support/oidc-provider.ts';
import { startFaultProxy } from '../../js/testing.ts';
import { freePort } from '../../tools/ports.mjs';
import { say } from './lines.ts';
import { ACCESS_TOKEN_TTL, type Provider, REFRESH_DELAY_MS } from './provider.ts';

/** Who signs in; any name will do. */
export const USER = 'ada';

export interface Oidc extends Provider {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
}

/** Starts it for one app. */
export async function startOidc(app: Pick<OidcOptions, 'app' | 'redirectUri' | 'user'>): Promise<Oidc> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startOidcProvider({
    issuer: url,
    accessTokenTtl: ACCESS_TOKEN_TTL,
    delayMs: REFRESH_DELAY_MS,
    ...app,
  });
  const proxy = await startFaultProxy(server.url, { port });
  say(`oidc-provider ${server.version} answers at ${url}; access tokens live ${ACCESS_TOKEN_TTL} s, refresh tokens one use`);
  return {
    url,
    proxy,
    refresh: 'POST /token',
    clientId: server.clientId,
    clientSecret: server.clientSecret,
    async stop() {
      await proxy.close();
      await server.close();
    },
  };
}
