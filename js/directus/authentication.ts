/** The replacement for the SDK's `authentication()` in pages. Loads the browser driver when it is used. */
import type {
  AuthenticationClient,
  AuthenticationConfig,
  AuthenticationData,
  AuthenticationMode,
  DirectusClient,
  LoginOptions,
  LoginPayload,
  LogoutOptions,
  RefreshOptions,
} from '@directus/sdk';
import type { PageAuth } from '../browser/auth.ts';
import type { Demand, SessionView } from '../core.ts';
import { authError } from '../errors.ts';
import type { Credentials } from '../types.ts';
import type { Fetch } from '../web.ts';
import { sdkError } from './sdk-error.ts';
import { sdkStorage, storedSession } from './sdk-storage.ts';

/** Whether there is a page that a session could belong to. */
const inPage = () => typeof document === 'object';

/**
 * Signs the users of a page in at Directus, in `json` mode, with the same methods as the SDK's composable of
 * this name: `createDirectus(url).with(authentication()).with(rest())`, in any order.
 *
 * `getToken()` gives a token that works, or `null`: never one that has expired, and it never rejects. On a
 * server that renders the page it gives `null`, and nothing is loaded. The refresh token stays with the
 * storage: in what `login` and `refresh` give it is `null`.
 *
 * @param mode `json`, which is the default: scripts cannot read the cookies of the other modes
 * @param config as the SDK has it; `credentials` is not used, because no cookie is sent
 * @throws AuthError `ERR_CONFIG` for another mode.
 */
export function authentication(
  mode: AuthenticationMode = 'json',
  config: Partial<AuthenticationConfig> = {},
): <Schema>(client: DirectusClient<Schema>) => AuthenticationClient<Schema> {
  jsonOnly(mode);
  return (client) => composable(client, config);
}

function composable(
  client: Pick<DirectusClient<unknown>, 'url' | 'globals'>,
  config: Partial<AuthenticationConfig>,
): AuthenticationClient<unknown> {
  /** What `setToken` was last given; it holds until the next login. */
  let given: string | null | undefined;
  let loading: Promise<PageAuth> | undefined;
  const page = () => (loading ??= pageAuth(client, config));

  const renewed = async (demand: Demand): Promise<AuthenticationData> =>
    dataOf(await (await page()).renew(demand).catch(sdkError));

  return {
    async login(payload: LoginPayload, { otp, mode, provider }: LoginOptions = {}) {
      jsonOnly(mode);
      const auth = await page();
      const credentials = { ...payload, otp, provider } as Credentials;
      await auth.login(credentials).catch(sdkError);
      given = undefined;
      return renewed({ tokens: 'usable' });
    },

    async refresh({ refresh_token, mode }: RefreshOptions = {}) {
      jsonOnly(mode);
      const auth = await page();
      if (refresh_token !== undefined) {
        await auth.adopt(storedSession({ refresh_token }));
        given = undefined;
        return renewed({ tokens: 'usable' });
      }
      const session = await auth.getSession();
      return renewed(session ? { tokens: 'newerThan', used: session.generation } : { tokens: 'usable' });
    },

    async logout({ refresh_token, mode }: LogoutOptions = {}) {
      jsonOnly(mode);
      given = undefined;
      const auth = await page();
      if (refresh_token !== undefined) await auth.adopt(storedSession({ refresh_token }));
      await auth.logout();
    },

    stopRefreshing() {
      void loading?.then((auth) => auth.refreshAhead(false), () => {});
    },

    async getToken() {
      if (given !== undefined || !inPage()) return given ?? null;
      const token = page().then((auth) => auth.getAccessToken());
      return token.catch(() => null);
    },

    async setToken(token: string | null) {
      given = token;
      if (inPage()) await (await page()).logout();
    },
  };
}

async function pageAuth(
  { url, globals }: Pick<DirectusClient<unknown>, 'url' | 'globals'>,
  { autoRefresh = true, msRefreshBeforeExpires = 30_000, storage }: Partial<AuthenticationConfig>,
): Promise<PageAuth> {
  const { PageAuth } = await import('../browser/auth.ts');
  return new PageAuth({
    provider: { kind: 'directus', url: url.href },
    refresh: { ahead: autoRefresh, leeway: msRefreshBeforeExpires / 1000 },
    fetch: globals.fetch as Fetch,
    ...(storage && { storage: sdkStorage(storage) }),
  });
}

function jsonOnly(mode: AuthenticationMode | undefined): void {
  if (mode === undefined || mode === 'json') return;
  const message = `mode ${mode} keeps the tokens in cookies that a page cannot read: use json, or the session of a server`;
  throw authError('ERR_CONFIG', message);
}

function dataOf({ accessToken, expiresAt }: SessionView): AuthenticationData {
  const expires = expiresAt === null ? null : Math.max(0, expiresAt - Date.now());
  return { access_token: accessToken, refresh_token: null, expires, expires_at: expiresAt };
}
