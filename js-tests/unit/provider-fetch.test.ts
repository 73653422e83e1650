import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestAuth } from '../../js/auth.ts';
import { directus } from '../../js/directus.ts';
import { oauth } from '../../js/oauth.ts';
import { handleProviderFetch } from '../../js/provider-fetch.ts';
import { pathUnder } from '../../js/provider-paths.ts';

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

const URL_OF_PROVIDER = 'https://cms.example.com/cms';
const PROVIDER = directus({ url: URL_OF_PROVIDER });

/** What is sent, in turn; the answers are 200 unless `statuses` says otherwise. */
function recorded(statuses: number[] = []) {
  const sent: Request[] = [];
  const fetch = async (request: Request) => {
    sent.push(request);
    return new Response(null, { status: statuses.shift() ?? 200 });
  };
  return { sent, fetch };
}

function signedIn(replacement: string | null = null): RequestAuth {
  const state = {
    getAccessToken: async () => 'token',
    rejected: async (response: Response) => response.status === 401,
    replacement: async () => replacement,
    manager: { advise: () => {} },
  };
  return { session: {}, state } as unknown as RequestAuth;
}

const headersOf = ({ headers, credentials }: Request) => [headers.get('authorization'), headers.get('cookie'), credentials];

function withCookie(url: string, init: RequestInit = {}): Request {
  const request = new Request(url, init);
  request.headers.set('cookie', 'visitor=1');
  return request;
}

test('a request under the provider gets the bearer and loses the cookies', async () => {
  const { sent, fetch } = recorded();
  await handleProviderFetch(PROVIDER, signedIn(), withCookie(`${URL_OF_PROVIDER}/items`), fetch);
  assert.deepEqual(sent.map(headersOf), [['Bearer token', null, 'omit']]);
});

test('a request elsewhere is left alone', async () => {
  const { sent, fetch } = recorded();
  const request = withCookie('https://cms.example.com/items');
  await handleProviderFetch(PROVIDER, signedIn(), request, fetch);
  assert.equal(sent[0], request);
});

for (const path of ['auth/login', 'auth/refresh', 'AUTH/Login']) {
  test(`no bearer goes to the auth endpoint ${path}`, async () => {
    const { sent, fetch } = recorded();
    await handleProviderFetch(PROVIDER, signedIn(), withCookie(`${URL_OF_PROVIDER}/${path}`), fetch);
    assert.deepEqual(sent.map(headersOf), [[null, null, 'omit']]);
  });
}

test('with another provider the same path gets the bearer', async () => {
  const { sent, fetch } = recorded();
  const { tokenEndpoint, clientId } = { tokenEndpoint: 'https://id.example.com/token', clientId: 'app' };
  const provider = oauth({ url: URL_OF_PROVIDER, tokenEndpoint, clientId });
  await handleProviderFetch(provider, signedIn(), withCookie(`${URL_OF_PROVIDER}/auth/audit-log`), fetch);
  assert.deepEqual(sent.map(headersOf), [['Bearer token', null, 'omit']]);
});

test('a request with a bearer of its own, and one of a visitor, are sent without ours', async () => {
  const { sent, fetch } = recorded();
  const own = withCookie(`${URL_OF_PROVIDER}/items`, { headers: { authorization: 'Bearer own' } });
  await handleProviderFetch(PROVIDER, signedIn(), own, fetch);
  await handleProviderFetch(PROVIDER, undefined, withCookie(`${URL_OF_PROVIDER}/items`), fetch);
  await handleProviderFetch(PROVIDER, { ...signedIn(), session: null } as unknown as RequestAuth, withCookie(`${URL_OF_PROVIDER}/items`), fetch);
  assert.deepEqual(sent.map(headersOf), [['Bearer own', null, 'omit'], [null, null, 'omit'], [null, null, 'omit']]);
});

test('a refused bearer is replaced and the request repeated once, body included', async () => {
  const { sent, fetch } = recorded([401, 401]);
  const request = withCookie(`${URL_OF_PROVIDER}/items`, { method: 'POST', body: 'payload', headers: { 'x-trace': '1' } });
  const response = await handleProviderFetch(PROVIDER, signedIn('newer'), request, fetch);
  assert.equal(response.status, 401);
  assert.deepEqual(sent.map((one) => one.headers.get('authorization')), ['Bearer token', 'Bearer newer']);
  assert.deepEqual(await Promise.all(sent.map((one) => one.text())), ['payload', 'payload']);
  assert.deepEqual(sent.map((one) => one.headers.get('x-trace')), ['1', '1']);
});

test('a refused bearer without a replacement is the answer', async () => {
  const { sent, fetch } = recorded([401]);
  const response = await handleProviderFetch(PROVIDER, signedIn(null), withCookie(`${URL_OF_PROVIDER}/items`), fetch);
  assert.deepEqual([response.status, sent.length], [401, 1]);
});
