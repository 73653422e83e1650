import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directus } from '../../js/directus.ts';
import { adviceOn, mayFailWith200, takesBearer } from '../../js/provider-paths.ts';
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
