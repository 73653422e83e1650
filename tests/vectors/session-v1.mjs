// Prints session-v1.json: the format written a second time, from its description in src/session/,
// so that the vectors do not merely say what the Rust code does.
//
//   node tests/vectors/session-v1.mjs > tests/vectors/session-v1.json

import { createCipheriv, createHash, hkdfSync } from 'node:crypto';

const SECRET = 'vectors: the current secret, thirty-two bytes or more';
const PREVIOUS = 'vectors: the previous secret, thirty-two bytes or more';
const TAG_LEN = 16;

const derive = (secret, info, length) => Buffer.from(hkdfSync('sha256', secret, '', info, length));
const filler = (label, length) => derive('filler', label, length);
const u16 = (value) => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const i64 = (value) => Buffer.from(BigInt64Array.of(BigInt(value)).buffer);

// draft-irtf-cfrg-xchacha §2.2
function hchacha20(key, nonce16) {
  const words = (bytes) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
  const x = [...words(Buffer.from('expand 32-byte k')), ...words(key), ...words(nonce16)];
  const rotate = (value, bits) => (value << bits) | (value >>> (32 - bits));
  const quarter = (a, b, c, d) => {
    x[a] = (x[a] + x[b]) | 0; x[d] = rotate(x[d] ^ x[a], 16);
    x[c] = (x[c] + x[d]) | 0; x[b] = rotate(x[b] ^ x[c], 12);
    x[a] = (x[a] + x[b]) | 0; x[d] = rotate(x[d] ^ x[a], 8);
    x[c] = (x[c] + x[d]) | 0; x[b] = rotate(x[b] ^ x[c], 7);
  };
  for (let round = 0; round < 10; round++) {
    for (const i of [0, 1, 2, 3]) quarter(i, i + 4, i + 8, i + 12);
    for (const i of [0, 1, 2, 3]) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  return Buffer.concat([...x.slice(0, 4), ...x.slice(12)].map((word) => u32(word >>> 0)));
}

function seal({ secret, purpose, bound, plaintext, nonce, version = 1 }) {
  const key = derive(secret, `tokenkeep/${purpose}/v1`, 32);
  const shortNonce = Buffer.concat([Buffer.alloc(4), nonce.subarray(16)]);
  const cipher = createCipheriv('chacha20-poly1305', hchacha20(key, nonce.subarray(0, 16)), shortNonce, {
    authTagLength: TAG_LEN,
  });
  cipher.setAAD(Buffer.concat([Buffer.from([version]), Buffer.from(bound)]), { plaintextLength: plaintext.length });
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const keyId = derive(secret, 'tokenkeep/key-id/v1', 4);
  const parts = [Buffer.from([version]), keyId, nonce, ciphertext, cipher.getAuthTag()];
  return Buffer.concat(parts).toString('base64url');
}

const field = (bytes) => Buffer.concat([u16(bytes.length), bytes]);
const text = (value) => field(Buffer.from(value));

function token(value) {
  const segments = value.split('.').map((segment) => Buffer.from(segment, 'base64url'));
  const spelt = segments.map((segment) => segment.toString('base64url')).join('.');
  if (segments.length > 5 || spelt !== value) return text(`\0${value}`);
  const lengths = segments.slice(0, -1).map((segment) => u16(segment.length));
  return field(Buffer.concat([Buffer.from([segments.length]), ...lengths, ...segments]));
}

const has = (value, bit) => (value === null || value === false ? 0 : bit);
const optional = (value, write) => (value === null ? [] : [write(value)]);

function tokensHead(tokens, otherFlags) {
  const flags = has(tokens.expiresAt, 1) | has(tokens.refreshToken, 2) | has(tokens.scope, 4) | otherFlags;
  return [i64(tokens.expiresAt ?? 0), i64(tokens.obtainedAt), Buffer.from([flags])];
}

const tokenFields = ({ accessToken, refreshToken, scope }) => [
  token(accessToken), ...optional(refreshToken, token), ...optional(scope, text),
];

const recordPlaintext = (tokens) => Buffer.concat([...tokensHead(tokens, 0), ...tokenFields(tokens)]);

const sessionPlaintext = (session) => Buffer.concat([
  ...tokensHead(session.tokens, has(session.data, 8) | has(session.remember, 16)),
  u32(session.generation), Buffer.from(session.id, 'base64url'), Buffer.from(session.instance),
  i64(session.startedAt), i64(session.sealedAt),
  ...tokenFields(session.tokens), text(session.provider), ...optional(session.data, text),
]);

function cookieName(id) {
  const hash = createHash('sha256').update(Buffer.from(id, 'base64url')).digest('base64url');
  return `__Host-tokenkeep-${hash.slice(0, 8)}`;
}

function cookies(name, sealed, attributes) {
  if (name.length + 1 + sealed.length + attributes.length <= 4096) return [[name, sealed]];
  const room = 4096 - name.length - 1 - attributes.length - 6;
  const parts = sealed.match(new RegExp(`.{1,${room}}`, 'g'));
  return parts.map((part, i) => [`${name}.${i}`, i === 0 ? `${parts.length}.${part}` : part]);
}

function jwt(payload, signatureLength) {
  const json = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signature = filler('signature', signatureLength).toString('base64url');
  return `${json({ alg: 'HS256', typ: 'JWT' })}.${json(payload)}.${signature}`;
}

const NOW = 1763752000000;
const directusPayload = {
  id: '3f1c2c1e-8a55-4c39-9d0e-5b1f0c6a7d21', role: 'b7e0a1de-42a5-4f3b-8e0c-0f6b0f2f3c11',
  app_access: true, admin_access: false, iat: NOW / 1000, exp: NOW / 1000 + 900, iss: 'directus',
};
const directusTokens = {
  accessToken: jwt(directusPayload, 32), refreshToken: filler('refresh', 48).toString('base64url'),
  expiresAt: NOW + 900000, obtainedAt: NOW, scope: null,
};
const groups = Array.from({ length: 180 }, (_, i) => `group-${filler(`group ${i}`, 12).toString('hex')}`);

const base = {
  generation: 0, provider: 'directus', instance: [...filler('instance', 8)], tokens: directusTokens,
  startedAt: NOW - 3600000, sealedAt: NOW + 5, remember: true, data: null,
};
const sessions = {
  'the smallest session': {
    ...base, provider: '', startedAt: 0, sealedAt: 0, remember: false,
    tokens: { accessToken: '', refreshToken: null, expiresAt: null, obtainedAt: 0, scope: null },
  },
  'opaque tokens': {
    ...base, provider: 'oauth', generation: 4294967295,
    tokens: { ...directusTokens, accessToken: 'opaque/access+token==', refreshToken: 'opaque~refresh', scope: 'openid offline_access' },
  },
  'a Directus session with a JWT': base,
  'no refresh token and no expiry': {
    ...base, tokens: { ...directusTokens, refreshToken: null, expiresAt: null },
  },
  "the app's own data": { ...base, generation: 12, data: '{"name":"Ada Lovelace","city":"Zürich","emoji":"🔑"}' },
  'a JWT whose last character has unused bits': {
    ...base, tokens: { ...directusTokens, accessToken: `${jwt(directusPayload, 32).slice(0, -1)}B` },
  },
  'tokens before 1970': { ...base, tokens: { ...directusTokens, expiresAt: -1, obtainedAt: -900001 } },
  'large enough for chunks': {
    ...base, tokens: { ...directusTokens, accessToken: jwt({ ...directusPayload, groups }, 256) },
  },
  'tokens that are in the record': {
    ...base, id: filler('id record', 16).toString('base64url'),
    tokens: { accessToken: '', refreshToken: null, expiresAt: 0, obtainedAt: 0, scope: null },
  },
};

function sessionVector([title, fields], index) {
  const session = { id: filler(`id ${index}`, 16).toString('base64url'), ...fields };
  const nonce = filler(`nonce ${index}`, 24);
  const name = cookieName(session.id);
  const sealed = seal({ secret: SECRET, purpose: 'cookie', bound: name, plaintext: sessionPlaintext(session), nonce });
  const maxAge = session.remember ? '; Max-Age=604800' : '';
  const attributes = `; Path=/${maxAge}; HttpOnly; Secure; SameSite=Lax`;
  return { title, cookieName: name, nonce: nonce.toString('base64url'), sealed, cookies: cookies(name, sealed, attributes), session };
}

function recordVector() {
  const id = filler('id record', 16);
  const nonce = filler('nonce record', 24);
  const sealed = seal({ secret: SECRET, purpose: 'record', bound: id, plaintext: recordPlaintext(directusTokens), nonce });
  const later = seal({ secret: SECRET, purpose: 'record', bound: id, plaintext: recordPlaintext(directusTokens), nonce, version: 2 });
  return {
    title: 'a record', sessionId: id.toString('base64url'), nonce: nonce.toString('base64url'), sealed, tokens: directusTokens,
    later, stored: stored(sealed),
  };
}

// What stores keep of one session: a value in Durable Objects, fields of a hash in Redis.
function stored(tokens) {
  const [generation, presented, failures] = [4, 3, 1];
  const [presentedAt, until, coolDownUntil] = [NOW + 1000, NOW + 31000, NOW + 3000];
  return {
    value: {
      generation, tokens, presented, presentedAt, lease: { flight: 'a flight', until, takenOver: true },
      coolDownUntil, failures, ended: false, revoked: false,
    },
    hash: {
      generation: `${generation}`, tokens, presented: `${presented}`, presentedAt: `${presentedAt}`, leaseFlight: 'a flight',
      leaseUntil: `${until}`, takenOver: '1', coolDownUntil: `${coolDownUntil}`, failures: `${failures}`,
    },
    endedValue: {
      generation, tokens: null, presented, presentedAt, lease: null, coolDownUntil: null, failures: 0, ended: true, revoked: true,
    },
    endedHash: {
      generation: `${generation}`, presented: `${presented}`, presentedAt: `${presentedAt}`, failures: '0', ended: '1', revoked: '1',
    },
  };
}

function refusedVectors() {
  const name = cookieName(filler('id refused', 16).toString('base64url'));
  const good = { secret: SECRET, purpose: 'cookie', bound: name, nonce: filler('nonce refused', 24) };
  const plaintext = sessionPlaintext({ id: filler('id refused', 16).toString('base64url'), ...base });
  const sealed = seal({ ...good, plaintext });
  const refused = (title, text, reason) => ({ title, cookieName: name, sealed: text, reason });
  return [
    refused('nothing', '', 'malformed'),
    refused('padding', `${sealed}=`, 'malformed'),
    refused('standard base64', `${sealed.slice(0, 40)}+${sealed.slice(41)}`, 'malformed'),
    refused('cut off inside the nonce', sealed.slice(0, 28), 'malformed'),
    refused('a later version', seal({ ...good, plaintext, version: 2 }), 'unknownVersion'),
    refused('another secret', seal({ ...good, plaintext, secret: `another ${SECRET}` }), 'unknownKey'),
    refused('sealed for another name', seal({ ...good, plaintext, bound: `${name}x` }), 'tampered'),
    refused('sealed as a record', seal({ ...good, plaintext, purpose: 'record' }), 'tampered'),
    refused('cut off inside the ciphertext', sealed.slice(0, 200), 'tampered'),
    refused('not a session', seal({ ...good, plaintext: plaintext.subarray(0, 70) }), 'unknownLayout'),
  ];
}

const previous = sessionVector(['sealed with the previous secret', base], 'previous');
previous.sealed = seal({
  secret: PREVIOUS, purpose: 'cookie', bound: previous.cookieName,
  plaintext: sessionPlaintext(previous.session), nonce: Buffer.from(previous.nonce, 'base64url'),
});
delete previous.cookies;

console.log(JSON.stringify({
  secret: SECRET,
  previousSecret: PREVIOUS,
  sessions: Object.entries(sessions).map(sessionVector),
  previous,
  record: recordVector(),
  refused: refusedVectors(),
}, null, 2));
