import { readMe } from '@directus/sdk';
import { json } from '@sveltejs/kit';
import { isAuthError } from 'tokenkeep';
import { directusClient } from 'tokenkeep/directus';
import type { Auth } from 'tokenkeep/sveltekit';
import type { Report } from '#lib/report.ts';

/** Asks Directus who is signed in, and answers 200, 401 (nobody) or 503 (Directus is not available). */
export async function report(auth: Auth): Promise<Response> {
  let who: string | null = null;
  let error: string | null = null;
  try {
    const me = await directusClient(auth).request(readMe({ fields: ['email'] }));
    who = me.email;
  } catch (cause) {
    error = isAuthError(cause) ? cause.code : 'Directus did not answer';
  }
  const { session, how } = auth;
  const body: Report = {
    signedIn: session !== null,
    how,
    generation: session?.generation ?? null,
    expiresAt: session?.expiresAt ?? null,
    who,
    error,
  };
  return json(body, { status: error === null ? 200 : session ? 503 : 401 });
}
