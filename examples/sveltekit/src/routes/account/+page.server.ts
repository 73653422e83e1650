import { readMe, serverInfo } from '@directus/sdk';
import { redirect } from '@sveltejs/kit';
import { directusClient } from 'tokenkeep/directus';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  const session = locals.auth.require({ redirectTo: '/login' });
  const directus = directusClient(locals.auth);
  // Not awaited: streamed to the page. A token that expires meanwhile is renewed all the same.
  const project = directus.request(serverInfo()).then(({ project }) => project?.project_name ?? 'unnamed');
  project.catch(() => {});
  const me = await directus.request(readMe({ fields: ['id', 'email', 'first_name'] }));
  return { session, me, project };
};

export const actions: Actions = {
  logout: async ({ locals }) => {
    await locals.auth.logout();
    redirect(303, '/login');
  },
};
