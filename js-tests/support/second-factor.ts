/** A second factor at a real Directus. */
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import type { Directus } from './directus.ts';

/** The user becomes an administrator, since others may not change their own second factor without a policy for it. */
export async function requireOtp(directus: Directus, { email, password }: { email: string; password: string }): Promise<() => string> {
  const token = `static-${randomUUID()}`;
  await directus.updateUser(email, { role: (await directus.administer('GET', '/users/me')).role, token });
  const headers = { authorization: `Bearer ${token}` };
  const generated: any = await (await directus.post('/users/me/tfa/generate', { password }, headers)).json();
  const { secret } = generated.data;
  const enabled = await directus.post('/users/me/tfa/enable', { secret, otp: totp(secret) }, headers);
  assert.equal(enabled.status, 204);
  return () => totp(secret);
}

/** The one-time password of this moment: RFC 6238 with its defaults: HMAC-SHA-1, 30 seconds, 6 digits. `secret` is base32 (RFC 4648). */
export function totp(secret: string): string {
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
