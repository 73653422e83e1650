/** What every part of the stand-in works on: its settings and tables, and one call of an endpoint. */
import type { ReceivedRequest } from '../faulty-server.ts';
import { setCookie } from './cookies.ts';
import type { CookieOptions } from './cookies.ts';
import type { Sessions, SessionTimes } from './sessions.ts';
import type { Users } from './users.ts';

export interface Settings extends SessionTimes {
  secret: string;
  /** Seconds. */
  accessTokenTtl: number;
  refreshCookie: CookieOptions & { name: string };
  sessionCookie: CookieOptions & { name: string };
  corsOrigin?: string;
}

/** What came of the refreshes so far. */
export interface RefreshCounts {
  /** Answered with new tokens. */
  rotations: number;
  /** Answered with an error of the 400s. */
  refusedRefreshes: number;
}

export interface Server {
  readonly settings: Settings;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly refreshCounts: RefreshCounts;
}

/** One request while it is processed, and the cookies that its answer sets, whether it succeeds or not. */
export interface Call {
  readonly request: ReceivedRequest;
  readonly query: URLSearchParams;
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly setCookies: string[];
}

export function refreshTokenCookie({ refreshCookie, refreshTokenTtl, now }: Settings, value: string): string {
  return setCookie(refreshCookie.name, value, refreshTokenTtl, now(), refreshCookie);
}

export function sessionTokenCookie({ sessionCookie, sessionCookieTtl, now }: Settings, value: string): string {
  return setCookie(sessionCookie.name, value, sessionCookieTtl, now(), sessionCookie);
}
