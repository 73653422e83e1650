/** A client that goes away before it is answered. */
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser } from './browser.ts';

/** Long enough for a request to be in the Worker and to wait there, in ms. */
export const ARRIVED_MS = 200;

/** Sends a request; its client goes away when the result is called. */
export function visit(url: string, browser: Browser): () => Promise<void> {
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
  const sent = request(url, { headers: { cookie }, agent: false });
  sent.on('error', () => {}).end();
  return async () => {
    // A half-closed connection would be no reason for workerd to end the request.
    sent.socket?.resetAndDestroy();
    await delay(ARRIVED_MS);
  };
}
