/** What oauth4webapi throws, in the words of the error table. Its errors hold answers with tokens: none is passed on. */
import {
  AuthorizationResponseError,
  JWT_CLAIM_COMPARISON,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi';
import { AuthError, authError, isAuthError } from '../errors.ts';
import { type ErrorCode, errorCodes } from '../error-codes.ts';

/** Codes by which a server says that it cannot answer at the moment (RFC 6749 §4.1.2.1). */
const NOT_NOW: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable', 'slow_down']);

/** Runs one exchange with the provider. */
export async function translated<T>(exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    throw isAuthError(error) ? error : translate(error);
  }
}

function translate(error: unknown): AuthError {
  if (error instanceof AuthorizationResponseError) return refused(error.error);
  if (error instanceof ResponseBodyError) return answered(error.error, error.status);
  if (error instanceof WWWAuthenticateChallengeError) return answered('invalid_client', error.status);
  if (error instanceof OperationProcessingError) return unusable(error);
  if (error instanceof UnsupportedOperationError) {
    return authError('ERR_RESPONSE_INVALID', "the authorization server's answer needs something that oauth4webapi does not support, such as its algorithm");
  }
  return authError('ERR_TRANSPORT', 'the authorization server could not be reached');
}

/** The authorization endpoint's verdict. */
function refused(providerCode: string): AuthError {
  if (NOT_NOW.has(providerCode)) return withCode('ERR_PROVIDER_UNAVAILABLE', 'the authorization server is not available', providerCode);
  return withCode('ERR_SIGN_IN_REJECTED', 'the authorization server did not sign the user in', providerCode);
}

/** The token endpoint's verdict on the code. */
function answered(providerCode: string, status: number): AuthError {
  if (status === 429 || status >= 500 || NOT_NOW.has(providerCode)) {
    return withCode('ERR_PROVIDER_UNAVAILABLE', 'the authorization server is not available', providerCode, status);
  }
  if (providerCode === 'invalid_grant') {
    const message = 'the authorization server does not accept the code: it was used, has expired, or is another client\'s';
    return withCode('ERR_SIGN_IN_REJECTED', message, providerCode, status);
  }
  const message = 'the authorization server refuses the client: check clientId, clientSecret, clientAuth and redirectUri';
  return withCode('ERR_PROVIDER_REJECTED', message, providerCode, status);
}

/** An answer that is no tokens, or an id token that does not hold. */
function unusable({ code, cause }: OperationProcessingError & { code?: string }): AuthError {
  const { claim, status } = (cause ?? {}) as { claim?: unknown; status?: unknown };
  if (code === JWT_CLAIM_COMPARISON && claim === 'nonce') {
    return authError('ERR_STATE_MISMATCH', 'the id token was issued for another sign-in: its nonce is another');
  }
  if (status === 429 || (typeof status === 'number' && status >= 500)) {
    return withCode('ERR_PROVIDER_UNAVAILABLE', 'the authorization server is not available', null, status);
  }
  return authError('ERR_RESPONSE_INVALID', `the authorization server's answer does not hold: ${code ?? 'unreadable'}`);
}

function withCode(code: ErrorCode, message: string, providerCode: string | null, status: number | null = null): AuthError {
  const isCode = providerCode !== null && /^[\w-]{1,48}$/.test(providerCode);
  return new AuthError({ code, message, ...errorCodes[code], providerCode: isCode ? providerCode : null, status });
}
