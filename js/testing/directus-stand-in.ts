/**
 * A small Directus-compatible auth server for tests, which starts in milliseconds.
 *
 * `POST /auth/login`, `/auth/refresh` and `/auth/logout` in the modes json, cookie and session, `GET` and `PATCH /users/me`, `/server/info`
 * and `/server/ping` behave as those of Directus 12, down to its races: one contract suite runs against both.
 */
import { randomBytes } from 'node:crypto';
import type { Settings } from './directus-stand-in/call.ts';
import type { CookieOptions } from './directus-stand-in/cookies.ts';
import { createHandler } from './directus-stand-in/endpoints.ts';
import { errorBody, requestsExceeded, serviceUnavailable } from './directus-stand-in/errors.ts';
import { Sessions } from './directus-stand-in/sessions.ts';
import { Users } from './directus-stand-in/users.ts';
import type { StandInUser } from './directus-stand-in/users.ts';
import { FaultyServer } from './faulty-server.ts';
import type { Fault, FaultSwitches } from './faults.ts';
import type { TestServer } from './test-server.ts';

export type { CookieOptions, StandInUser };

/** Settings of {@link startDirectusStandIn}, named after Directus' own where it has them. */
export interface DirectusStandInOptions {
  /** Default: 0, a free port. */
  port?: number;
  /** `ACCESS_TOKEN_TTL` in seconds. Default: 900. */
  accessTokenTtl?: number;
  /** `REFRESH_TOKEN_TTL` in seconds. Default: 604800. */
  refreshTokenTtl?: number;
  /** `SESSION_COOKIE_TTL` in seconds. Default: 86400. */
  sessionCookieTtl?: number;
  /** `SESSION_REFRESH_GRACE_PERIOD` in seconds. Default: 10. */
  sessionRefreshGracePeriod?: number;
  /** Default: the administrator `admin@example.com` with the password `password`. */
  users?: readonly StandInUser[];
  /** The cookie of cookie mode. Default: `directus_refresh_token`, `SameSite=Lax`, not `Secure`. */
  refreshCookie?: CookieOptions;
  /** The cookie of session mode. Default: `directus_session_token`, `SameSite=Lax`, not `Secure`. */
  sessionCookie?: CookieOptions;
  /** The browser origin that may send requests with credentials. Default: none. */
  corsOrigin?: string;
  /** The server's clock, in epoch ms. Default: `Date.now`. */
  now?: () => number;
  /** How long a refresh takes between reading the session and writing it, in ms; logout takes twice as long. Default: 10. */
  refreshDelayMs?: number;
}

/** How many requests were received, including those that met a fault, and what came of the refreshes. */
export interface DirectusCounters {
  /** `POST /auth/login`. */
  readonly login: number;
  /** `POST /auth/refresh`. */
  readonly refresh: number;
  /** `POST /auth/logout`. */
  readonly logout: number;
  /** `GET /users/me`. */
  readonly me: number;
  /** Refreshes that were answered with new tokens. */
  readonly rotations: number;
  /** Refreshes that were answered with an error of the 400s. */
  readonly refusedRefreshes: number;
}

/** A running stand-in, and the hands of its administrator. */
export interface DirectusStandIn extends TestServer {
  /** Since the start, or the last `resetCounters`. */
  readonly counters: DirectusCounters;
  /** Requests are matched as in `faults.next('POST /auth/refresh', …)`. */
  readonly faults: FaultSwitches;
  /** Adds a user and returns the id. */
  addUser(user: StandInUser): string;
  /**
   * Suspends a user, as an administrator does: their sessions end. With `keepSessions`, as Directus itself does after too many failed
   * logins: the next refresh answers `USER_SUSPENDED`.
   */
  suspend(email: string, options?: { keepSessions?: boolean }): void;
  /** From now on this user signs in with a one-time password, always the same. */
  requireOtp(email: string, otp: string): void;
  /** Ends the sessions of a user, as a change of password does, or everybody's. */
  endSessions(email?: string): void;
  /** All back to zero. */
  resetCounters(): void;
}

/** Starts a stand-in on 127.0.0.1. It is gone with the process, or with `close`. */
export async function startDirectusStandIn(options: DirectusStandInOptions = {}): Promise<DirectusStandIn> {
  const settings = settingsOf(options);
  const users = new Users(options.users ?? [{ email: 'admin@example.com', password: 'password', firstName: 'Admin', admin: true }]);
  const sessions = new Sessions(settings);
  const refreshCounts = { rotations: 0, refusedRefreshes: 0 };
  const handler = createHandler({ settings, users, sessions, refreshCounts });
  const server = await FaultyServer.start(handler, { port: options.port ?? 0, now: settings.now });
  const received = (line: string): number => server.counts[line] ?? 0;

  return {
    url: server.url,
    get counters() {
      return {
        login: received('POST /auth/login'),
        refresh: received('POST /auth/refresh'),
        logout: received('POST /auth/logout'),
        me: received('GET /users/me'),
        ...refreshCounts,
      };
    },
    faults: server.faults,
    addUser: (user) => users.add(user).id,
    suspend(email, { keepSessions = false } = {}) {
      const user = users.get(email);
      user.suspended = true;
      if (!keepSessions) sessions.endAll(user);
    },
    requireOtp: (email, otp) => void Object.assign(users.get(email), { otp }),
    endSessions: (email) => sessions.endAll(email === undefined ? undefined : users.get(email)),
    resetCounters() {
      server.resetCounts();
      Object.assign(refreshCounts, { rotations: 0, refusedRefreshes: 0 });
    },
    goOffline: () => server.goOffline(),
    goOnline: () => server.goOnline(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Faults with the bodies of Directus' own limiters. */
export const directusFaults = {
  /** What the rate limiter answers; `retryAfter` in seconds. */
  tooManyRequests(retryAfter: number): Fault {
    const error = requestsExceeded(retryAfter, new Date(Date.now() + retryAfter * 1000));
    return { kind: 'status', status: error.status, retryAfter, body: errorBody(error) };
  },
  /** What the pressure limiter answers. */
  serviceUnavailable(): Fault {
    const error = serviceUnavailable();
    return { kind: 'status', status: error.status, body: errorBody(error) };
  },
};

function settingsOf(options: DirectusStandInOptions): Settings {
  const { accessTokenTtl = 15 * 60, refreshTokenTtl = 7 * 24 * 3600, sessionCookieTtl = 24 * 3600 } = options;
  const { sessionRefreshGracePeriod = 10, refreshDelayMs = 10, now = Date.now, corsOrigin } = options;
  return {
    accessTokenTtl,
    refreshTokenTtl,
    sessionCookieTtl,
    sessionRefreshGracePeriod,
    refreshDelayMs,
    now,
    secret: randomBytes(32).toString('base64url'),
    refreshCookie: { name: 'directus_refresh_token', ...options.refreshCookie },
    sessionCookie: { name: 'directus_session_token', ...options.sessionCookie },
    ...(corsOrigin === undefined ? {} : { corsOrigin }),
  };
}
