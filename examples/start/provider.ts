/** The provider of a demonstration, behind a proxy that counts and breaks requests. */
import type { FaultProxy } from '../../js/testing.ts';

export interface Provider {
  /** What the app is told to use: the proxy's URL. */
  readonly url: string;
  readonly proxy: FaultProxy;
  /** The request that renews a token, method and path. */
  readonly refresh: string;
  stop(): Promise<void>;
}

/** Seconds: long enough to see it count down, short enough to wait for. */
export const ACCESS_TOKEN_TTL = 4;
/** How long the provider takes to renew one: long enough for others to arrive meanwhile. */
export const REFRESH_DELAY_MS = 150;

/** How often the provider was asked to renew a token. */
export function refreshes({ proxy, refresh }: Provider): number {
  return proxy.counts[refresh] ?? 0;
}
