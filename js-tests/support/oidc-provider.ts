/**
 * The certified oidc-provider on 127.0.0.1, with an API of its own: `GET /api/me` answers `{ user }` to a
 * living access token, and 401 with `error="invalid_token"` (RFC 6750 §3.1) to any other.
 */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { jwtVerify } from 'jose';
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
  /** `jwt`: they are for the API alone, and nobody can take them back. Default: `opaque`. */
  accessTokens?: 'opaque' | 'jwt';
  /** How long the token endpoint takes, in ms. Default: 25. */
  delayMs?: number;
  /** The address that clients use, of a proxy in front. Default: its own. */
  issuer?: string;
  /** The origin of an app with sign-in and logout by redirect: it answers at `/auth/callback` and `/`. */
  app?: string;
  /** Who signs in where nobody is named. Default: is asked for. */
  user?: string;
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
  const { clientAuth = 'basic', delayMs = 25, app } = options;
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
    redirect_uris: [redirectUri, ...(app ? [`${app}/auth/callback`] : [])],
    post_logout_redirect_uris: app ? [`${app}/`] : [],
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const issuer = options.issuer ?? url;
  const provider = new Provider(issuer, configuration(issuer, client, privateKey, options));
  listen(server, provider, { clientId, user: options.user, delayMs, userOf: options.accessTokens === 'jwt' ? verifying(publicKey, issuer) : finding(provider) });
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

function configuration(url: string, client: object, privateKey: KeyObject, options: OidcOptions): object {
  const { rotation = 'strict', accessTokenTtl = 900, accessTokens = 'opaque' } = options;
  const storage = new Storage(typeof rotation === 'object' ? rotation.overlap : 0);
  return {
    clients: [client],
    adapter: (model: string) => storage.adapter(model),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    conformIdTokenClaims: false,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: { enabled: accessTokens === 'jwt', ...apiOf(url, accessTokenTtl) },
    },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, email: `${accountId}@example.com`, name: accountId.toUpperCase() }),
    }),
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

/** The API as the one resource (RFC 8707) that everybody gets a token for. */
function apiOf(url: string, accessTokenTTL: number): object {
  return {
    defaultResource: () => `${url}/api`,
    useGrantedResource: () => true,
    getResourceServerInfo: () => ({ scope: '', audience: `${url}/api`, accessTokenFormat: 'jwt', accessTokenTTL }),
  };
}

/** Whose access token this is; `null` if it is not accepted. */
type UserOf = (token: string) => Promise<string | null>;

function finding(provider: Provider): UserOf {
  return async (token) => {
    const found = await provider.AccessToken.find(token);
    return found && !found.isExpired ? (found.accountId ?? null) : null;
  };
}

function verifying(publicKey: KeyObject, issuer: string): UserOf {
  const options = { issuer, audience: `${issuer}/api`, typ: 'at+jwt' };
  return (token) => jwtVerify(token, publicKey, options).then(({ payload }) => payload.sub ?? null, () => null);
}

interface Listening {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly delayMs: number;
  readonly userOf: UserOf;
}

function listen(server: Server, provider: Provider, { clientId, user, delayMs, userOf }: Listening): void {
  const protocol = provider.callback();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '/' } = request;
    if (url === '/api/me') return me(userOf, request, response);
    if (url.startsWith('/interaction/')) return consent(provider, { clientId, user }, request, response);
    if (url === '/token') await delay(delayMs);
    return protocol(request, response);
  };
  server.on('request', (request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
}

async function me(userOf: UserOf, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const user = await userOf(token);
  if (user !== null) {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ user }));
  } else {
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
  }
}

/** Whoever is named by `login_hint` signs in and agrees to everything; others are asked for their name. */
async function consent(
  provider: Provider,
  { clientId, user }: { clientId: string; user: string | undefined },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params, session } = await provider.interactionDetails(request, response);
  const typed = request.method === 'POST' ? new URLSearchParams(await text(request)) : null;
  if (typed?.has('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied' });
  const accountId = typed?.get('user') ?? params['login_hint'] ?? session?.accountId ?? user;
  if (!accountId) return askForName(response);
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope('openid offline_access email profile');
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}

function askForName(response: ServerResponse): void {
  response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Sign in</title>
    <form method="post"><label>Name <input name="user"></label> <button>Sign in</button> <button name="cancel">Cancel</button></form>`);
}

function packageVersion(): string {
  const manifest = new URL('../../node_modules/oidc-provider/package.json', import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
