/** The table `directus_sessions`, and how Directus rotates its rows: with a gap between reading and writing, as a database has. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { invalidCredentials, unexpected, userSuspended } from './errors.ts';
import type { User } from './users.ts';

export interface SessionTimes {
  /** Seconds. */
  refreshTokenTtl: number;
  /** Seconds. */
  sessionCookieTtl: number;
  /** Seconds. */
  sessionRefreshGracePeriod: number;
  refreshDelayMs: number;
  /** Epoch ms. */
  now: () => number;
}

interface Session {
  readonly user: User;
  /** Epoch ms. */
  expires: number;
  /** The token that replaced this one, in Directus session mode. */
  successor?: string;
}

/** What a refresh gives: the token that is now valid, and whose it is. */
export interface Rotation {
  readonly refreshToken: string;
  readonly user: User;
}

export class Sessions {
  readonly #rows = new Map<string, Session>();
  readonly #times: SessionTimes;

  constructor(times: SessionTimes) {
    this.#times = times;
  }

  /** A login's row lives as long as a refresh token, in Directus session mode too. */
  create(user: User): string {
    const token = newToken();
    this.#rows.set(token, { user, expires: this.#in(this.#times.refreshTokenTtl) });
    return token;
  }

  /** True while `token` is a row of this user that has not expired. */
  isAlive(token: string, userId: string): boolean {
    return this.#find(token)?.user.id === userId;
  }

  /**
   * The end of one session at logout. Directus writes its log before it deletes, so a refresh that runs beside a logout renames the row
   * first, and its token survives.
   */
  async revoke(token: string): Promise<void> {
    await delay(2 * this.#times.refreshDelayMs);
    this.#rows.delete(token);
  }

  endAll(user?: User): void {
    for (const [token, session] of this.#rows) {
      if (!user || session.user === user) this.#rows.delete(token);
    }
  }

  /**
   * The refresh of json and cookie mode: reads the row, and later renames it without looking at whether it was still there. So of several
   * refreshes at the same time each succeeds with a token of its own, and only the first one's is alive.
   */
  async rotate(token: string): Promise<Rotation> {
    const session = await this.#read(token);
    const refreshToken = session.successor ?? newToken();
    const current = this.#rows.get(token);
    if (current && this.#rows.has(refreshToken)) throw unexpected();
    if (current) {
      this.#rows.delete(token);
      this.#rows.set(refreshToken, { ...current, expires: this.#in(this.#times.refreshTokenTtl) });
    }
    return { refreshToken, user: session.user };
  }

  /**
   * The refresh of Directus session mode: the old row lives on for the grace period and names its successor, which every further refresh
   * of it returns and extends.
   */
  async succeed(token: string): Promise<Rotation> {
    const { user, successor } = await this.#read(token);
    if (successor !== undefined) {
      const next = this.#rows.get(successor);
      if (next) next.expires = this.#in(this.#times.sessionCookieTtl);
      return { refreshToken: successor, user };
    }
    const current = this.#rows.get(token);
    if (!current) throw unexpected();
    if (current.successor !== undefined) return { refreshToken: current.successor, user };

    current.successor = newToken();
    current.expires = this.#in(this.#times.sessionRefreshGracePeriod);
    this.#rows.set(current.successor, { user, expires: this.#in(this.#times.sessionCookieTtl) });
    return { refreshToken: current.successor, user };
  }

  /** A copy of the row as it is now, handed over after the delay of a database. */
  async #read(token: string): Promise<Session> {
    const row = this.#find(token);
    if (!row) throw invalidCredentials();
    if (row.user.suspended) {
      this.#rows.delete(token);
      throw userSuspended();
    }
    const copy = { ...row };
    await delay(this.#times.refreshDelayMs);
    return copy;
  }

  #find(token: string): Session | undefined {
    const session = this.#rows.get(token);
    return session && session.expires >= this.#times.now() ? session : undefined;
  }

  #in(seconds: number): number {
    return this.#times.now() + seconds * 1000;
  }
}

/** 64 characters of `[A-Za-z0-9_-]`. */
function newToken(): string {
  return randomBytes(48).toString('base64url');
}
