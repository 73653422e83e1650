import { isAuthError } from '../../../js/errors.ts';

/** Where a sign-in that failed leads: to the form, which says why. */
export function backToLogin(error: unknown): string {
  if (!isAuthError(error)) throw error;
  return `/login?error=${error.code}`;
}
