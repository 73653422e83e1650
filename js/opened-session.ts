/** A session as it came in a cookie. */
export interface OpenedSession {
  /** `replayed`: fresh, but its successor has been in use for a while, and the options do not serve that. */
  readonly state: 'fresh' | 'due' | 'expired' | 'replayed';
  readonly id: string;
  readonly generation: number;
  readonly expiresAt: number | null;
  readonly accessToken: string;
  /** JSON text. */
  readonly data: string | null;
  /** Epoch milliseconds. */
  readonly sealedAt: number;
  /** Who sealed it, 16 hexadecimal characters. */
  readonly instance: string;
}

/** Why there is none. */
export type NotOpened = 'absent' | 'unreadable' | 'ended';
