import { DEMO_CONTROL_URL } from '$app/env/private';
import { error } from '@sveltejs/kit';
import type { RequestHandler } from './$types';

/** Hands the panel's wishes to the proxy that examples/start puts in front of the provider. */
export const fallback: RequestHandler = async ({ request, url, fetch }) => {
  if (!DEMO_CONTROL_URL) error(404, 'this app was not started by npm start');
  const action = url.searchParams.get('action') ?? '';
  const target = new URL(encodeURIComponent(action), DEMO_CONTROL_URL);
  const answer = await fetch(target, { method: request.method, credentials: 'omit' });
  return new Response(answer.body, { status: answer.status, headers: { 'content-type': 'application/json' } });
};
