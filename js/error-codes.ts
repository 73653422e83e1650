// Written from src/error.rs by `UPDATE=1 cargo test --test error_table`.

/** Every error code: who must act, whether to retry, and whether the session is over. */
export const errorCodes = {
  /** A call that is wrong whatever the input: the message names it. */
  ERR_API_MISUSE: { actor: 'programmer', retryable: false, sessionEnded: false },
  /** A setting is missing or malformed, such as the provider's `url` or the secret. */
  ERR_CONFIG: { actor: 'operator', retryable: false, sessionEnded: false },
  /** A secret is too short, or two secrets of the key ring are the same. */
  ERR_KEY_RING: { actor: 'operator', retryable: false, sessionEnded: false },
  /** No connection to the provider was made, or it broke before the whole answer had arrived. */
  ERR_TRANSPORT: { actor: 'network', retryable: true, sessionEnded: false },
  /** A renewal or a logout took longer than `maxWait`; it goes on without this request. */
  ERR_TIMEOUT: { actor: 'network', retryable: true, sessionEnded: false },
  /** The provider answered 429 or 5xx; `retryAfterMs` is there if it said when to come back. */
  ERR_PROVIDER_UNAVAILABLE: { actor: 'provider', retryable: true, sessionEnded: false },
  /** The provider refused the call for a reason that a setting has to remove; `providerCode` is its word for it. */
  ERR_PROVIDER_REJECTED: { actor: 'operator', retryable: false, sessionEnded: false },
  /** The answer is not one of the provider's protocol: HTML, or JSON without the expected tokens. */
  ERR_RESPONSE_INVALID: { actor: 'provider', retryable: true, sessionEnded: false },
  /** The provider will not renew this session any more: the user has to sign in again. */
  ERR_REFRESH_REJECTED: { actor: 'user', retryable: false, sessionEnded: true },
  /** The provider renews only after the user has signed in or consented anew; the session is kept until then. */
  ERR_INTERACTION_REQUIRED: { actor: 'user', retryable: false, sessionEnded: false },
  /** A token was asked for while nobody is signed in. */
  ERR_SIGNED_OUT: { actor: 'user', retryable: false, sessionEnded: true },
  /** The provider does not accept the credentials. */
  ERR_LOGIN_REJECTED: { actor: 'user', retryable: false, sessionEnded: false },
  /** The password is right, but a one-time password is needed and was missing or wrong. */
  ERR_OTP_REQUIRED: { actor: 'user', retryable: false, sessionEnded: false },
  /** The provider did not sign the user in; `providerCode` is its word for why, such as `access_denied`. */
  ERR_SIGN_IN_REJECTED: { actor: 'user', retryable: false, sessionEnded: false },
  /** The answer is not one to a sign-in that this browser began: its `state`, `nonce` or `iss` is another, or it took too long. */
  ERR_STATE_MISMATCH: { actor: 'user', retryable: false, sessionEnded: false },
  /** The session with the app's own data does not fit into the cookies that a browser accepts. */
  ERR_COOKIE_TOO_LARGE: { actor: 'programmer', retryable: false, sessionEnded: false },
  /** The response has begun, so no cookie can be set any more; nothing else was done. */
  ERR_HEADERS_SENT: { actor: 'programmer', retryable: false, sessionEnded: false },
  /** The store did not answer, or holds a value that none of the secrets opens. */
  ERR_STORE: { actor: 'operator', retryable: true, sessionEnded: false },
  /** A defect in tokenkeep: please report it. */
  ERR_INTERNAL: { actor: 'maintainers', retryable: false, sessionEnded: false },
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes;
