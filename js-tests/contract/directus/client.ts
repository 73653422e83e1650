/** A plain HTTP client for Directus: sends what it is told to and nothing more. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DirectusUnderTest } from '../directus-contract.ts';

export const REFRESH_COOKIE = 'directus_refresh_token';
export const SESSION_COOKIE = 'directus_session_token';

export interface Answer {
  status: number;
  headers: Headers;
  /** `data` of a successful answer. */
  data: any;
  /** Code and message of the error. */
  code: string | undefined;
  message: string | undefined;
  text: string;
}

type RequestHeaders = Record<string, string>;

export async function get(directus: DirectusUnderTest, path: string, headers: RequestHeaders = {}): Promise<Answer> {
  return read(await fetch(directus.url + path, { headers }));
}

export function post(directus: DirectusUnderTest, path: string, body: unknown, headers: RequestHeaders = {}): Promise<Answer> {
  return send('POST', directus, path, body, headers);
}

export function patch(directus: DirectusUnderTest, path: string, body: unknown, headers: RequestHeaders = {}): Promise<Answer> {
  return send('PATCH', directus, path, body, headers);
}

async function send(method: string, directus: DirectusUnderTest, path: string, body: unknown, headers: RequestHeaders): Promise<Answer> {
  const request = { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  return read(await fetch(directus.url + path, request));
}

export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const { data, errors } = isJson ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, data, code: errors?.[0].extensions.code, message: errors?.[0].message, text };
}

export function assertRefused(answer: Answer, status: number, code: string): void {
  assert.deepEqual({ status: answer.status, code: answer.code }, { status, code });
}

export const bearer = (token: string): RequestHeaders => ({ authorization: `Bearer ${token}` });
export const cookie = (name: string, value: string): RequestHeaders => ({ cookie: `${name}=${value}` });
export const sessionCookie = (token: string): RequestHeaders => cookie(SESSION_COOKIE, token);

export const me = (directus: DirectusUnderTest, headers: RequestHeaders): Promise<Answer> => get(directus, '/users/me', headers);
export const refresh = (directus: DirectusUnderTest, refresh_token: string, headers: RequestHeaders = {}): Promise<Answer> =>
  post(directus, '/auth/refresh', { mode: 'json', refresh_token }, headers);
export const refreshSession = (directus: DirectusUnderTest, token: string): Promise<Answer> =>
  post(directus, '/auth/refresh', { mode: 'session' }, sessionCookie(token));

export interface TestUser {
  id: string;
  email: string;
  password: string;
  token: string;
}

/** A new user with a static token. */
export async function createUser(directus: DirectusUnderTest): Promise<TestUser> {
  const name = randomUUID();
  const user = { email: `${name}@example.com`, password: 'correct horse', token: `static-${name}` };
  return { ...user, id: await directus.createUser(user) };
}

export async function login(directus: DirectusUnderTest, { email, password }: TestUser, extra: object = {}): Promise<Answer> {
  const answer = await post(directus, '/auth/login', { email, password, ...extra });
  assert.equal(answer.status, 200);
  return answer;
}

/** Signs a new user in and returns the tokens of json mode. */
export async function newTokens(directus: DirectusUnderTest): Promise<{ access: string; refresh: string; user: TestUser }> {
  const user = await createUser(directus);
  const { data } = await login(directus, user);
  return { access: data.access_token, refresh: data.refresh_token, user };
}

/** Signs a new user in and returns the token of session mode. */
export async function newSession(directus: DirectusUnderTest): Promise<{ token: string; user: TestUser }> {
  const user = await createUser(directus);
  return { token: cookieValue(await login(directus, user, { mode: 'session' }), SESSION_COOKIE), user };
}

/** The value of a cookie that the answer sets. */
export function cookieValue({ headers }: Answer, name: string): string {
  const found = headers.getSetCookie().find((line) => line.startsWith(`${name}=`));
  assert.ok(found, `no ${name} in Set-Cookie`);
  return found.slice(name.length + 1, found.indexOf(';'));
}

/** A `Set-Cookie` line with the day of expiry left out, and how far that is from the answer's own date, in seconds. */
export function cookieShape({ headers }: Answer): Array<{ line: string; expiresIn: number }> {
  const sentAt = Date.parse(headers.get('date') ?? '');
  return headers.getSetCookie().map((line) => {
    const expires = /Expires=([^;]+)/.exec(line)?.[1] ?? '';
    return { line: line.replace(expires, '…'), expiresIn: (Date.parse(expires) - sentAt) / 1000 };
  });
}

/** Checks that an answer sets exactly these cookies, expiring as their `Max-Age` says. */
export function assertCookies(answer: Answer, ...expected: Array<{ name: string; value: string; maxAge: number }>): void {
  const shapes = cookieShape(answer);
  assert.deepEqual(
    shapes.map(({ line }) => line),
    expected.map(({ name, value, maxAge }) => `${name}=${value}; Max-Age=${maxAge}; Path=/; Expires=…; HttpOnly; SameSite=Lax`),
  );
  for (const [index, { expiresIn }] of shapes.entries()) {
    assert.ok(Math.abs(expiresIn - (expected[index]?.maxAge ?? 0)) <= 1, `expires in ${expiresIn} s`);
  }
}

export function decode(jwt: string): { header: any; claims: any } {
  const [header = '', claims = ''] = jwt.split('.');
  const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: json(header), claims: json(claims) };
}

/** The same token with another signature. */
export function forge(jwt: string): string {
  const end = jwt.lastIndexOf('.') + 1;
  return jwt.slice(0, end) + (jwt[end] === 'A' ? 'B' : 'A') + jwt.slice(end + 1);
}
