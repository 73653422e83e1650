import { report } from '#lib/server/report.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = ({ locals }) => report(locals.auth);
