/** What a redirect back from the provider's sign-in says in its URL. */
import { AuthError } from './errors.ts';
import { type ErrorCode, errorCodes } from './error-codes.ts';

/** Directus' word for why it did not sign the user in, where that is not simply a refusal. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  INVALID_OTP: 'ERR_OTP_REQUIRED',
  SERVICE_UNAVAILABLE: 'ERR_PROVIDER_UNAVAILABLE',
};

/** The error behind `?reason=`; `null` when there is none. Anybody can write a URL, so only a code is repeated. */
export function refusalIn(url: string): AuthError | null {
  const reason = new URL(url).searchParams.get('reason');
  if (reason === null) return null;
  const providerCode = /^[A-Z_]{1,64}$/.test(reason) ? reason : 'UNKNOWN_EXCEPTION';
  const code = CODES[providerCode] ?? 'ERR_LOGIN_REJECTED';
  const message = `the provider did not sign the user in: ${providerCode}`;
  return new AuthError({ code, message, ...errorCodes[code], providerCode });
}
