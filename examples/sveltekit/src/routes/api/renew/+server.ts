import { report } from '#lib/server/report.ts';
import type { RequestHandler } from './$types';

/** For a page that knows its token to be out of date, say after a change of roles. */
export const POST: RequestHandler = ({ locals }) =>
  report(locals.auth, () => locals.auth.getAccessToken({ refresh: true }));
