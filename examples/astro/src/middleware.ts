import { auth } from './auth.ts';
export const onRequest = auth.handle;
