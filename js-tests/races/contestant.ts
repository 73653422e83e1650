/** The providers that tokenkeep is raced against. */
import type { OAuthOptions } from '../../js/oauth.ts';
import type { DirectusOptions } from '../../js/directus.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import { startDirectus } from '../../tools/directus/start.mjs';
import { startOidcProvider } from '../support/oidc-provider.ts';
import type { AppSettings, RunningApp } from './app-process.ts';
import { type AuthjsSettings, startAuthjsApp } from './authjs-process.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

/** How the app gets at the provider. */
export type ProviderSettings =
  | { readonly kind: 'oauth'; readonly options: OAuthOptions; readonly me: string }
  | { readonly kind: 'directus'; readonly options: DirectusOptions; readonly me: string };

export interface Contestant {
  /** Its rows are there for comparison: no cell is wrong. */
  readonly isForComparison?: boolean;
  /** Default: `app.ts`. */
  readonly startApp?: (settings: AppSettings) => Promise<RunningApp>;
  /** The provider, with its version; says so when it is a stand-in. */
  readonly name: string;
  readonly settings: ProviderSettings;
  readonly proxy: RecordingProxy;
  /** The request that renews tokens. */
  readonly refresh: string;
  /** Seconds. */
  readonly accessTokenTtl: number;
  /** The body of the app's `POST /login`: a token answer, or credentials. */
  credentials(): Promise<object>;
  /** Whether a refresh token is still worth something. Uses it up. */
  isLive(refreshToken: string): Promise<boolean>;
  close(): Promise<unknown>;
}

const ACCESS_TOKEN_TTL = 900;

/** oidc-provider with rotation at every use; a second use revokes the grant. */
export async function strictOidcProvider(): Promise<Contestant> {
  const oidc = await startOidcProvider({ rotation: 'strict', accessTokenTtl: ACCESS_TOKEN_TTL });
  const proxy = await startRecordingProxy(oidc.url, (body) => body?.refresh_token);
  const { url } = proxy.server;
  const { clientId, clientSecret } = oidc;
  const options = {
    url: `${url}/api`,
    tokenEndpoint: `${url}/token`,
    revocationEndpoint: `${url}/token/revocation`,
    clientId,
    clientSecret,
  };
  let users = 0;
  return {
    name: `oidc-provider ${oidc.version} (rotation, reuse revokes)`,
    settings: { kind: 'oauth', options, me: `${url}/api/me` },
    proxy,
    refresh: 'POST /token',
    accessTokenTtl: ACCESS_TOKEN_TTL,
    credentials: async () => {
      const answer = await oidc.signIn(`user-${(users += 1)}`);
      if (answer.refresh_token) proxy.refreshTokens.push(answer.refresh_token);
      return answer;
    },
    isLive: (token) =>
      accepts(oidc.tokenEndpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
      }),
    close: () => Promise.all([proxy.server.close(), oidc.close()]),
  };
}

/** An app with Auth.js, and tokenkeep in its callbacks. */
export async function tokenkeepInAuthjs(settings?: Partial<AuthjsSettings>): Promise<Contestant> {
  const contestant = await strictOidcProvider();
  const startApp = (app: AppSettings) => startAuthjsApp(app, { recipe: 'tokenkeep', ...settings });
  return { ...contestant, startApp };
}

/** The same app with the callbacks of Auth.js' own guide. */
export async function guideOfAuthjs(): Promise<Contestant> {
  const contestant = await strictOidcProvider();
  const startApp = (app: AppSettings) => startAuthjsApp(app, { recipe: 'guide' });
  return { ...contestant, isForComparison: true, startApp };
}

/** A real Directus in json mode, installed at the first use. */
export async function realDirectus(): Promise<Contestant> {
  const directus = await startDirectus({ accessTokenTtl: ACCESS_TOKEN_TTL });
  const user = { email: directus.adminEmail, password: directus.adminPassword };
  return directusAt(`Directus ${directus.version} (json)`, directus.url, user, () => directus.stop());
}

/** The stand-in, for machines without the half gigabyte of a real one. */
export async function standIn(): Promise<Contestant> {
  const directus = await startDirectusStandIn({ accessTokenTtl: ACCESS_TOKEN_TTL });
  const user = { email: 'admin@example.com', password: 'password' };
  return directusAt('STAND-IN for Directus (json)', directus.url, user, () => directus.close());
}

async function directusAt(
  name: string,
  target: string,
  user: object,
  stop: () => Promise<void>,
): Promise<Contestant> {
  const proxy = await startRecordingProxy(target, (body) => body?.data?.refresh_token);
  const { url } = proxy.server;
  return {
    name,
    settings: { kind: 'directus', options: { url }, me: `${url}/users/me?fields=id` },
    proxy,
    refresh: 'POST /auth/refresh',
    accessTokenTtl: ACCESS_TOKEN_TTL,
    credentials: async () => user,
    isLive: (token) =>
      accepts(`${target}/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: token, mode: 'json' }),
      }),
    close: () => Promise.all([proxy.server.close(), stop()]),
  };
}

async function accepts(url: string, init: RequestInit): Promise<boolean> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.ok;
}
