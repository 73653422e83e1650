/** For pages: asks the server for a renewal. Holds no token and loads no WebAssembly. */
import type { Renewal } from './renew-route.ts';

export type { Renewal } from './renew-route.ts';

/** A renewal that did not happen. The session is what it was. */
export class RenewalError extends Error {
  /** Always this. */
  override readonly name = 'RenewalError';
  /** 401: nobody is signed in. 503: try again later. */
  readonly status: number;

  constructor(status: number) {
    super(`the server answered the renewal with ${status}`);
    this.status = status;
  }
}

/**
 * Renews the session through the application's `renewRoute`.
 *
 * @param route where it is mounted, for example `/auth/renew`
 * @throws RenewalError
 */
export async function renewSession(route: string): Promise<Renewal> {
  const response = await fetch(route, { method: 'POST' });
  if (!response.ok) throw new RenewalError(response.status);
  return (await response.json()) as Renewal;
}
