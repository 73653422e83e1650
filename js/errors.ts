import { type ErrorCode, errorCodes } from './error-codes.ts';
import type { ErrorInfo } from './events.ts';

/** Everything that tokenkeep throws. Branch on `code`; messages are for people and may change. */
export class AuthError extends Error implements ErrorInfo {
  /** Tells our errors from others, also those of another copy of the package. */
  override readonly name = 'AuthError';
  /** What happened; stable. See `docs/errors.md`. */
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly sessionEnded: boolean;
  readonly providerCode: string | null;
  readonly status: number | null;
  readonly retryAfterMs: number | null;

  constructor(info: ErrorInfo, options?: ErrorOptions) {
    super(info.message, options);
    this.code = info.code;
    this.retryable = info.retryable;
    this.sessionEnded = info.sessionEnded;
    this.providerCode = info.providerCode ?? null;
    this.status = info.status ?? null;
    this.retryAfterMs = info.retryAfterMs ?? null;
  }
}

/** Whether `error` is one of ours, also when it comes from another copy of the package. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && error.name === 'AuthError' && 'code' in error;
}

/** An error that is thrown by this side of the boundary. */
export function authError(code: ErrorCode, message: string, options?: ErrorOptions): AuthError {
  return new AuthError({ code, message, ...errorCodes[code] }, options);
}

/** Throws it, where an expression has to. */
export function raise(code: ErrorCode, message: string): never {
  throw authError(code, message);
}
