import { auth } from '#lib/server/auth.ts';

export const { handle, handleFetch } = auth;
