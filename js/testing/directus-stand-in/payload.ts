/** What Directus accepts in the bodies of its auth endpoints. */
import type { ReceivedRequest } from '../faulty-server.ts';
import { invalidPayload } from './errors.ts';

/** Where the tokens are: in the body, the refresh token in a cookie, or both in one session token in a cookie. */
export type Mode = 'json' | 'cookie' | 'session';

type Payload = Readonly<Record<string, unknown>>;

/** A body that is not declared as JSON counts as empty. */
export function parseBody({ headers, body }: ReceivedRequest): Payload {
  if (!headers['content-type']?.startsWith('application/json') || body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('Unexpected JSON input');
    return parsed as Payload;
  } catch (error) {
    throw invalidPayload((error as SyntaxError).message);
  }
}

export interface LoginPayload {
  email: string;
  password: string;
  otp?: string;
  mode: Mode;
}

/** Judges the fields in this order, and complains about the first. */
export function loginPayload(body: Payload): LoginPayload {
  if (Array.isArray(body)) throw invalidPayload('"value" must be of type object');
  const email = required('email', body.email);
  if (!isEmail(email)) throw invalidPayload('"email" must be a valid email');
  const password = required('password', body.password);
  const { mode = 'json' } = body;
  if (!isMode(mode)) throw invalidPayload('"mode" must be one of [cookie, json, session]');
  const otp = body.otp === undefined ? undefined : required('otp', body.otp);
  return otp === undefined ? { email, password, mode } : { email, password, mode, otp };
}

export function isMode(value: unknown): value is Mode {
  return value === 'json' || value === 'cookie' || value === 'session';
}

function required(name: string, value: unknown): string {
  if (value === undefined) throw invalidPayload(`"${name}" is required`);
  if (typeof value !== 'string') throw invalidPayload(`"${name}" must be a string`);
  if (value === '') throw invalidPayload(`"${name}" is not allowed to be empty`);
  return value;
}

/** Directus asks for a registered top-level domain, which those reserved by RFC 2606 are not. */
function isEmail(value: string): boolean {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)*\.(?!(test|example|invalid|localhost)$)[a-z]{2,}$/i.test(value);
}
