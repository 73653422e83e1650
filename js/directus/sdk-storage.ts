/** The SDK's storage contract, as a storage of the browser driver. */
import type { AuthenticationData, AuthenticationStorage } from '@directus/sdk';
import type { BrowserStorage } from '../browser/options.ts';

/** The part of a stored session that the SDK knows (`src/session/mod.rs` has all of it). */
interface StoredSession {
  readonly tokens: {
    readonly accessToken: string;
    readonly refreshToken: string | null;
    readonly expiresAt: number | null;
    readonly obtainedAt: number;
  };
}

/** One write for each change, always a whole record: nobody who reads meanwhile finds it empty. */
export function sdkStorage(storage: AuthenticationStorage): BrowserStorage {
  return {
    async get() {
      const data = await storage.get();
      return data?.access_token || data?.refresh_token ? JSON.stringify(storedSession(data)) : null;
    },
    set: (_key, text) => storage.set(dataIn(JSON.parse(text))),
    remove: () => storage.set(null),
  };
}

function dataIn({ tokens }: StoredSession): AuthenticationData {
  const { accessToken, refreshToken, expiresAt, obtainedAt } = tokens;
  const expires = expiresAt === null ? null : expiresAt - obtainedAt;
  return { access_token: accessToken, refresh_token: refreshToken, expires, expires_at: expiresAt };
}

/** A session of tokens that came from elsewhere. Without an access token the first use renews. */
export function storedSession(data: Partial<AuthenticationData>): object {
  const now = Date.now();
  const expiresAt = data.expires_at ?? null;
  return {
    id: sessionId(),
    generation: 0,
    provider: 'directus',
    instance: [0, 0, 0, 0, 0, 0, 0, 0],
    tokens: {
      accessToken: data.access_token ?? '',
      refreshToken: data.refresh_token ?? null,
      expiresAt: data.access_token ? expiresAt : 0,
      obtainedAt: expiresAt === null ? now : expiresAt - (data.expires ?? 0),
      scope: null,
    },
    startedAt: now,
    sealedAt: now,
    remember: true,
    data: null,
  };
}

/** 16 random bytes as base64url. */
function sessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').slice(0, 22);
}
