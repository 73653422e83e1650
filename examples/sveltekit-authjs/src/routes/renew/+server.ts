import { tokens } from '$lib/server/auth.ts';

export const POST = tokens.renewRoute;
