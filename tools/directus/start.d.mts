export interface DirectusOptions {
  /** Life of a json or cookie access token, in seconds. Directus' default: 900. */
  accessTokenTtl?: number;
  /** Life of a refresh token, in seconds. Directus' default: 604800. */
  refreshTokenTtl?: number;
  /** Life of a session token, in seconds. Directus' default: 86400. */
  sessionCookieTtl?: number;
  /** How long a session token that was refreshed still works, in seconds. Directus' default: 10. */
  sessionRefreshGracePeriod?: number;
  /** A browser origin that may send requests with credentials. Default: none. */
  corsOrigin?: string;
  /** Further Directus settings (environment variables); they win over the ones above. */
  env?: Record<string, string>;
  /** Told about the slow steps. Default: silent. */
  log?: (line: string) => void;
}

export interface RunningDirectus {
  url: string;
  adminEmail: string;
  adminPassword: string;
  /** A static token of the administrator. */
  adminToken: string;
  version: string;
  pid: number;
  /** Ends the process and removes its database. */
  stop(): Promise<void>;
}

/** Starts Directus, installing it first when needed, and resolves when it answers. */
export function startDirectus(options?: DirectusOptions): Promise<RunningDirectus>;
