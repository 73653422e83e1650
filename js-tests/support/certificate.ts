/**
 * A certificate that vouches for itself (X.509, RFC 5280). Made anew for each run: one that is kept expires, and its
 * key is found by those who look for keys.
 */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

const DAY_MS = 86_400_000;
const SEQUENCE = 0x30;
const ECDSA_WITH_SHA256 = tagged(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');

/** For a day before and after now. Version 1: clients that check it at all refuse it anyway. */
export function selfSignedCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = tagged(SEQUENCE, tagged(0x31, tagged(SEQUENCE, COMMON_NAME, tagged(0x0c, Buffer.from('tokenkeep test')))));
  const validity = tagged(SEQUENCE, utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS));
  const serial = tagged(0x02, Buffer.from([1]));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const unsigned = tagged(SEQUENCE, serial, ECDSA_WITH_SHA256, name, validity, name, subjectKey);
  const signature = tagged(0x03, Buffer.from([0]), sign('sha256', unsigned, privateKey));
  const certificate = tagged(SEQUENCE, unsigned, ECDSA_WITH_SHA256, signature);
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A value in DER: tag, length, content. Shorter than 64 KB. */
function tagged(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const { length } = value;
  const longForm = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : longForm)]), value]);
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}
