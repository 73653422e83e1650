/** `TokenManager`, and the types and errors that every adapter shares. */
export { AuthError, isAuthError } from './errors.ts';
export { countEvents, type Meter } from './telemetry.ts';
export { TokenManager } from './token-manager.ts';
export type { CookieWriter, RequestPort } from './auth.ts';
export type { SetCookie } from './cookies.ts';
export { Stop } from './stop.ts';
export type { ErrorCode } from './error-codes.ts';
export type { LogoutOptions, SignInOptions } from './sign-in.ts';
export type * from './events.ts';
export type * from './store.ts';
export type * from './types.ts';
export type * from './web.ts';
