import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directus } from '../../js/directus.ts';
import { adviceOn, mayFailWith200, pathUnder, takesBearer } from '../../js/provider-paths.ts';
import type { ProviderConfig } from '../../js/types.ts';

const provider = directus({ url: 'https://cms.example.com/cms' });
const at = (path: string) => `https://cms.example.com/cms/${path}`;

test('a bearer goes everywhere but below auth', () => {
  for (const path of ['auth/login', 'AUTH/refresh', 'auth', 'auth/']) assert.equal(takesBearer(provider, at(path)), false, path);
  for (const path of ['authors', 'items/auth', 'users/me?auth/']) assert.equal(takesBearer(provider, at(path)), true, path);
  assert.equal(takesBearer(provider, 'https://elsewhere.example.com/cms/auth/login'), true);
  const other: ProviderConfig = { kind: 'oauth', url: 'https://cms.example.com/cms' };
  assert.equal(takesBearer(other, at('auth/login')), true);
});

test('only GraphQL may fail with status 200', () => {
  assert.deepEqual([at('graphql'), at('graphql/system'), at('items/graphql')].map((url) => mayFailWith200(provider, url)), [true, true, false]);
});

test('who calls refresh or logout and is refused is told what to do', () => {
  assert.match(adviceOn(provider, at('auth/refresh'), 400) ?? '', /renews this session by itself/);
  assert.match(adviceOn(provider, at('Auth/Logout/'), 400) ?? '', /auth\.logout\(\)/);
  assert.equal(adviceOn(provider, at('auth/refresh'), 200), null);
  assert.equal(adviceOn(provider, at('auth/login'), 400), null);
});

const paths: ReadonlyArray<[base: string, url: string, path: string | null]> = [
  ['https://cms.example.com', 'https://cms.example.com/items/a?b=c', 'items/a'],
  ['https://cms.example.com/', 'https://cms.example.com/', ''],
  ['https://cms.example.com', 'https://CMS.example.com:443/items', 'items'],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/items', 'items'],
  ['https://cms.example.com/cms/', 'https://cms.example.com/cms/items', 'items'],
  // Another origin.
  ['https://cms.example.com', 'http://cms.example.com/items', null],
  ['https://cms.example.com', 'https://cms.example.com:8443/items', null],
  ['http://127.0.0.1:8055', 'http://127.0.0.1:8056/items', null],
  ['https://cms.example.com', 'https://cms.example.com.evil.example/items', null],
  ['https://cms.example.com', 'https://evil.example/https://cms.example.com/items', null],
  ['https://cms.example.com', 'https://cms.example.com@evil.example/items', null],
  // Another folder.
  ['https://cms.example.com/cms', 'https://cms.example.com/cms2/items', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/items', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/../items', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/%2e%2E/items', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/..\\items', null],
  // Servers that decode before they resolve would leave the folder.
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/..%2fitems', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/x%2F..%2F..%2Fitems', null],
  ['https://cms.example.com/cms', 'https://cms.example.com/cms/..%5citems', null],
  ['https://cms.example.com', 'https://cms.example.com/files/a..b%2f.c', 'files/a..b%2f.c'],
  // A setting that is no URL is nobody's.
  ['', 'https://cms.example.com/items', null],
];

for (const [base, url, path] of paths) {
  test(`${url} under ${base || 'nothing'} is ${path ?? 'elsewhere'}`, () => {
    assert.equal(pathUnder(base, url), path);
  });
}
