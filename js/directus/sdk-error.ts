import { AuthError, isAuthError } from '../errors.ts';

/** An {@link AuthError} that the SDK's `isDirectusError` takes for one of its own. */
export function sdkError(error: unknown): never {
  if (!isAuthError(error)) throw error;
  const code = error.providerCode ?? error.code;
  const errors = [{ message: error.message, extensions: { code } }];
  throw Object.assign(new AuthError(error, { cause: error.cause }), {
    errors,
    response: { status: error.status },
  });
}
