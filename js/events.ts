/** What happened, and what went wrong. */
import type { ErrorCode } from './error-codes.ts';

/** What happened, for logs and counters. Never a token. */
export type AuthEvent =
  | { type: 'refreshed'; sessionId: string; generation: number; reason: RefreshReason }
  | { type: 'adopted'; sessionId: string; generation: number; waited: boolean }
  | { type: 'refreshFailed'; sessionId: string; class: FailureClass; error: ErrorInfo }
  | { type: 'handoffPending'; sessionId: string; generation: number }
  | { type: 'leaseLost' | 'revoked'; sessionId: string }
  | { type: 'storeFailed'; sessionId: string; message: string }
  | { type: 'revocationFailed'; sessionId: string; error: ErrorInfo }
  | { type: 'reuseDetected'; sessionId: string; generation: number }
  | { type: 'sessionEnded'; sessionId: string; reason: string }
  | { type: 'recordEvicted'; sessionId: string }
  | { type: 'storeMisconfigured'; setting: string; value: string; message: string }
  | { type: 'storeBypassed'; message: string }
  | { type: 'advice'; message: string }
  | { type: 'coreRestarted'; call: string }
  | { type: 'notAlone' | 'cookieTooLarge'; sessionId?: string };

/** Why tokens were renewed. */
export type RefreshReason = 'leeway' | 'tokenAge' | 'expired' | 'refusedByProvider' | 'forced';

/** What a failed renewal means. */
export type FailureClass = 'refused' | 'notNow' | 'unknown' | 'misconfigured';

/** The facts of an error. */
export interface ErrorInfo {
  /** What happened; stable. */
  readonly code: ErrorCode;
  /** For people; may change. */
  readonly message: string;
  /** Trying again later may help. */
  readonly retryable: boolean;
  /** Nobody is signed in any more. */
  readonly sessionEnded: boolean;
  /** The provider's own code, as it wrote it. */
  readonly providerCode?: string | null;
  /** The provider's HTTP status. */
  readonly status?: number | null;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number | null;
}
