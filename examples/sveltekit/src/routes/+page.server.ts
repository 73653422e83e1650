import { DEMO_CONTROL_URL } from '$app/env/private';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => ({
  session: locals.auth.session,
  how: locals.auth.how,
  now: Date.now(),
  controllable: Boolean(DEMO_CONTROL_URL),
});
