/** Directus' errors: the codes, statuses and messages that its auth endpoints answer with. */

export class DirectusError extends Error {
  readonly status: number;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.extensions = { ...details, code };
  }
}

export const invalidCredentials = () => new DirectusError(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.');
export const invalidOtp = () => new DirectusError(401, 'INVALID_OTP', 'Invalid user OTP.');
export const tokenExpired = () => new DirectusError(401, 'TOKEN_EXPIRED', 'Token expired.');
export const invalidToken = () => new DirectusError(403, 'INVALID_TOKEN', 'Invalid token.');
export const userSuspended = () => new DirectusError(401, 'USER_SUSPENDED', 'User suspended.');
export const unexpected = () => new DirectusError(500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred.');

export const invalidPayload = (reason: string) =>
  new DirectusError(400, 'INVALID_PAYLOAD', `Invalid payload. ${reason}.`, { reason });

export const routeNotFound = (path: string) =>
  new DirectusError(404, 'ROUTE_NOT_FOUND', `Route ${path} doesn't exist.`, { path });

export const forbidden = (collection: string) => {
  const reason = `You don't have permission to access collection "${collection}" or it does not exist. Queried in root.`;
  return new DirectusError(403, 'FORBIDDEN', reason, { reason });
};

/** What the rate limiter answers. `retryAfter` is in seconds, `reset` the instant at which it ends. */
export const requestsExceeded = (retryAfter: number, reset: Date) =>
  new DirectusError(429, 'REQUESTS_EXCEEDED', `Too many requests, retry after ${retryAfter}s.`, { limit: 50, reset });

/** What the pressure limiter answers. */
export const serviceUnavailable = () =>
  new DirectusError(503, 'SERVICE_UNAVAILABLE', 'Service "api" is unavailable. Under pressure.', { service: 'api', reason: 'Under pressure' });

export function errorBody({ message, extensions }: DirectusError): { errors: [{ message: string; extensions: object }] } {
  return { errors: [{ message, extensions }] };
}
