import type { How } from 'tokenkeep';

/** What one request found out, as `/api/me` answers it. Never a token. */
export interface Report {
  signedIn: boolean;
  /** How the request came by its token; `null` without one. */
  how: How | null;
  /** How many times the session's tokens were renewed. */
  generation: number | null;
  /** When the access token expires, epoch milliseconds. */
  expiresAt: number | null;
  /** The e-mail address that Directus gives for the token. */
  who: string | null;
  /** Why Directus could not be asked. */
  error: string | null;
}
