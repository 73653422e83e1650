/**
 * The certified oidc-provider on 127.0.0.1, with an API of its own: `GET /api/me` answers `{ user }` to a
 * living access token, and 401 with `error="invalid_token"` (RFC 6750 §3.1) to any other.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Provider } from 'oidc-provider';
import type { TokenResponse } from '../../js/types.ts';
import { signIn } from './oidc-provider/sign-in.ts';
import { Storage } from './oidc-provider/storage.ts';

export interface OidcOptions {
  /**
   * `strict`: a refresh token is good for one use, and a second one revokes the grant. `overlap`: it is
   * accepted for some seconds more. `none`: it stays the same. Default: `strict`.
   */
  rotation?: 'strict' | 'none' | { overlap: number };
  /** `expires_in` in seconds. Default: 900. */
  accessTokenTtl?: number;
  /** How the client proves who it is. Default: `basic`. */
  clientAuth?: 'basic' | 'post' | 'none';
  /** How long the token endpoint takes, in ms. Default: 25. */
  delayMs?: number;
  /** Where the client gets its codes. Default: an address where nobody listens, which {@link OidcServer.signIn} stops at. */
  redirectUri?: string;
}

export interface OidcServer extends AsyncDisposable {
  readonly url: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** Of the package. */
  readonly version: string;
  /** A first token set, with a refresh token. */
  signIn(user: string): Promise<TokenResponse>;
  close(): Promise<void>;
}

const DAY = 86_400;

/** Starts one. What it issued is gone with it. */
export async function startOidcProvider(options: OidcOptions = {}): Promise<OidcServer> {
  const { rotation = 'strict', accessTokenTtl = 900, clientAuth = 'basic', delayMs = 25 } = options;
  const clientId = 'tokenkeep-test';
  const clientSecret = clientAuth === 'none' ? undefined : randomBytes(24).toString('base64url');
  const { redirectUri = 'http://127.0.0.1/callback' } = options;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = {
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
    token_endpoint_auth_method: clientAuth === 'none' ? 'none' : `client_secret_${clientAuth}`,
    grant_types: ['authorization_code', 'refresh_token', ...(clientSecret ? ['client_credentials'] : [])],
    response_types: ['code'],
    redirect_uris: [redirectUri],
  };
  const provider = new Provider(url, configuration(client, rotation, accessTokenTtl));
  listen(server, provider, clientId, delayMs);
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url,
    tokenEndpoint: `${url}/token`,
    revocationEndpoint: `${url}/token/revocation`,
    clientId,
    clientSecret,
    version: packageVersion(),
    signIn: (user) => signIn(url, { id: clientId, secret: clientSecret, redirectUri }, user),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function configuration(client: object, rotation: OidcOptions['rotation'], accessTokenTtl: number): object {
  const storage = new Storage(typeof rotation === 'object' ? rotation.overlap : 0);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [client],
    adapter: (model: string) => storage.adapter(model),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    rotateRefreshToken: rotation !== 'none',
    issueRefreshToken: () => true,
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: accessTokenTtl,
      ClientCredentials: accessTokenTtl,
      IdToken: accessTokenTtl,
      Interaction: 60,
      Session: 14 * DAY,
      RefreshToken: 14 * DAY,
      Grant: 14 * DAY,
    },
  };
}

function listen(server: Server, provider: Provider, clientId: string, delayMs: number): void {
  const protocol = provider.callback();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '/' } = request;
    if (url === '/api/me') return me(provider, request, response);
    if (url.startsWith('/interaction/')) return consent(provider, clientId, request, response);
    if (url === '/token') await delay(delayMs);
    return protocol(request, response);
  };
  server.on('request', (request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
}

async function me(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const found = await provider.AccessToken.find(token);
  if (found && !found.isExpired) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ user: found.accountId }));
  } else {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
  }
}

/** Whoever is named by `login_hint` signs in and agrees to everything. */
async function consent(
  provider: Provider,
  clientId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const accountId = params['login_hint'] ?? 'user';
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid offline_access');
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}

function packageVersion(): string {
  const manifest = new URL('../../node_modules/oidc-provider/package.json', import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
