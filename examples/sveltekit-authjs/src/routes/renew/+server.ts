import { tokens } from '$lib/server/auth';

export const POST = tokens.renewRoute;
