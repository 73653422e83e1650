import { type Handle, redirect } from '@sveltejs/kit';
import { sequence } from '@sveltejs/kit/hooks';
import { authjs, tokens } from '$lib/server/auth';

const guard: Handle = async ({ event, resolve }) => {
  const isOpen = !event.url.pathname.startsWith('/account');
  if (isOpen || (await event.locals.auth())) return resolve(event);
  redirect(303, '/');
};

export const handle = sequence(tokens.handle, authjs.handle, guard);
