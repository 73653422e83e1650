import type { RequestEvent } from '@sveltejs/kit';
import { isAuthError } from 'tokenkeep';
import { env } from '$env/dynamic/private';
import { tokens } from './auth';

/** What the page shows of an access token: enough to see that it is another one, and no more. */
export interface Seen {
  readonly fingerprint: string;
  readonly user: string;
}

/** Asks the API who the user is. `null`: not possible at the moment. */
export async function askApi(event: RequestEvent): Promise<Seen | null> {
  try {
    const token = await tokens.getAccessToken(event);
    const response = await fetch(env.API_URL ?? '', { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) return null;
    const { user } = await response.json();
    return { user, fingerprint: await fingerprint(token) };
  } catch (error) {
    if (isAuthError(error)) return null;
    throw error;
  }
}

async function fingerprint(token: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return Array.from(new Uint8Array(hash, 0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
