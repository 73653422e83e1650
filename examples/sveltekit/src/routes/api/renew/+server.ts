import { auth } from '#lib/server/auth.ts';

/** For a page that knows its token to be out of date, say after a change of roles. */
export const POST = auth.renewRoute;
