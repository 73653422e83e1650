import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { directusContract } from '../contract/directus-contract.ts';
import type { DirectusUnderTest } from '../contract/directus-contract.ts';
import { startDirectus } from '../support/directus.ts';
import type { Directus } from '../support/directus.ts';

const times = { accessTokenTtl: 2, refreshTokenTtl: 604_800, sessionCookieTtl: 4, sessionRefreshGracePeriod: 2 };

directusContract(test, async (): Promise<DirectusUnderTest> => {
  const directus = await startDirectus({ ...times, env: { LOGIN_STALL_TIME: '0' }, log: console.error });
  return {
    ...times,
    url: directus.url,
    createUser: directus.createUser,
    requireOtp: (user) => requireOtp(directus, user),
    suspend: (email) => update(directus, email, { status: 'suspended' }),
    lockOut: (email) => lockOut(directus, email),
    pass: (seconds) => delay(seconds * 1000),
    stop: directus.stop,
  };
});

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
}

async function update(directus: Directus, email: string, changes: object): Promise<void> {
  const [user] = await directus.administer('GET', `/users?filter[email][_eq]=${email}`);
  await directus.administer('PATCH', `/users/${user.id}`, changes);
}

/** The user becomes an administrator, since others may not change their own second factor without a policy for it. */
async function requireOtp(directus: Directus, { email, password }: { email: string; password: string }): Promise<() => string> {
  const { url } = directus;
  await update(directus, email, { role: (await directus.administer('GET', '/users/me')).role });
  const login: any = await (await post(`${url}/auth/login`, { email, password })).json();
  const headers = { authorization: `Bearer ${login.data.access_token}` };
  const generated: any = await (await post(`${url}/users/me/tfa/generate`, { password }, headers)).json();
  const { secret } = generated.data;
  const enabled = await post(`${url}/users/me/tfa/enable`, { secret, otp: totp(secret) }, headers);
  assert.equal(enabled.status, 204);
  return () => totp(secret);
}

/** Lets one login fail at a time until Directus, told to allow a single one, suspends the user. */
async function lockOut(directus: Directus, email: string): Promise<void> {
  await directus.administer('PATCH', '/settings', { auth_login_attempts: 1 });
  for (let attempt = 0; attempt < 3; attempt++) await post(`${directus.url}/auth/login`, { email, password: 'wrong' });
  await directus.administer('PATCH', '/settings', { auth_login_attempts: 25 });
}

/** RFC 6238 with its defaults: HMAC-SHA-1, 30 seconds, 6 digits. `secret` is base32 (RFC 4648). */
function totp(secret: string): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', base32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function base32(text: string): Buffer {
  const bits = [...text].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
