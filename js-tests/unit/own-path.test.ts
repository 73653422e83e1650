import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownPath } from '../../js/own-path.ts';

const OWN: [given: string, reads: string][] = [
  ['/', '/'],
  ['/account', '/account'],
  ['/account?tab=a&next=https://evil.example/#part', '/account?tab=a&next=https://evil.example/#part'],
  ['/a/../b', '/b'],
  ['/a//b', '/a//b'],
  ['/caf%C3%A9', '/caf%C3%A9'],
  ['/café', '/caf%C3%A9'],
  ['/search?q=%0d%0a%5c', '/search?q=%0d%0a%5c'],
  ['/?//evil.example', '/?//evil.example'],
  ['/#\\evil.example', '/#\\evil.example'],
  ['/@evil.example', '/@evil.example'],
  ['/:80', '/:80'],
  ['/100%25', '/100%25'],
  ['/%E2%80%9Cquoted%E2%80%9D', '/%E2%80%9Cquoted%E2%80%9D'],
];

const REFUSED: unknown[] = [
  undefined,
  null,
  42,
  ['/account'],
  '',
  `/${'a'.repeat(1024)}`,
  'account',
  '?a',
  '#a',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'HTTPS://evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  ' /account',
  '\t//evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '/account\r\nset-cookie: a=b',
  '/account\u0000',
  '/account\u0085',
  '/account\u2028',
  '/.//evil.example',
  '/./\\evil.example',
  '/a/..//evil.example',
  '/a/../\\evil.example',
  '/%2e//evil.example',
  '/a/%2E%2e//evil.example',
  '/%2f/evil.example',
  '/%2Fevil.example',
  '/%5cevil.example',
  '/%5C%2Fevil.example',
  '/%252fevil.example',
  '/%25252Fevil.example',
  '/%255cevil.example',
  '/%09/evil.example',
  '/%0d%0alocation:%20https://evil.example',
  '/%00',
  '/%',
  '/%zz',
  '/%c0%af',
  '/a\\b',
  '/account?a\r\nb',
];

test('a path of this application is kept as a browser resolves it', () => {
  for (const [given, reads] of OWN) {
    assert.equal(ownPath(given), reads);
    const where = new URL(ownPath(given), 'https://app.example/sign-in');
    assert.equal(where.origin, 'https://app.example', given);
  }
});

test('whatever a browser, or a proxy that decodes, could read as another place leads to the start page', () => {
  for (const given of REFUSED) assert.equal(ownPath(given), '/', JSON.stringify(given));
});

test('no mixture of the tricks leads away', () => {
  const pieces = ['/', '\\', '.', '..', '%2f', '%5c', '%2e', '%25', '\t', '\n', '@', ':', '?', '#', 'https:', 'evil.example', 'a'];
  let seed = 20_260_101;
  const below = (bound: number) => (seed = (seed * 48_271) % 2_147_483_647) % bound;
  for (let round = 0; round < 20_000; round += 1) {
    const text = `/${Array.from({ length: below(7) }, () => pieces[below(pieces.length)]).join('')}`;
    const path = ownPath(text);
    let decoded = path;
    for (let layers = 0; layers < 4; layers += 1) {
      assert.equal(new URL(decoded, 'https://app.example').origin, 'https://app.example', JSON.stringify(text));
      decoded = decoded.replace(/[?#].*$/s, '').replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    }
    assert.equal(ownPath(path), path, 'what was accepted once is accepted again');
  }
});
