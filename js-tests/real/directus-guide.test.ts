/** docs/guides/sveltekit-directus.md, built and run against a real Directus. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultProxy, startFaultProxy } from '../../js/testing.ts';
import { projectNode, root } from '../../tools/process.mjs';
import { type Directus, startDirectus } from '../support/directus.ts';
import { writeGuide } from '../support/guide.ts';
import { runProgram } from '../support/program.ts';
import { buildFixture, type RunningApp, startBuiltApp } from '../support/sveltekit-app.ts';

const FIXTURE = 'js-tests/sveltekit/fixtures/guide';
const USER = { name: 'Ada', email: 'ada@example.com', password: 'correct horse' };
const FILES = 17;

let files: string[];
let folder: string;
let directus: Directus;
let proxy: FaultProxy;
let app: RunningApp;
/** The browser's cookies. */
let cookie = '';

before(async () => {
  files = writeGuide('docs/guides/sveltekit-directus.md', FIXTURE);
  folder = await buildFixture('guide');
  directus = await startDirectus({ accessTokenTtl: 2, env: { LOGIN_STALL_TIME: '0' }, log: console.error });
  await arrange(directus.administer);
  proxy = await startFaultProxy(directus.url);
  const settings = { DIRECTUS_URL: proxy.url, TOKENKEEP_SECRET: 'a secret of more than thirty-two characters' };
  app = await startBuiltApp(folder, settings);
});

after(async () => {
  await app?.[Symbol.asyncDispose]();
  await proxy?.close();
  await directus?.stop();
});

/** What the guide asks of Directus. */
async function arrange(administer: Directus['administer']): Promise<void> {
  const key = { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } };
  const fields = [key, { field: 'title', type: 'string', schema: {}, meta: {} }];
  await administer('POST', '/collections', { collection: 'articles', schema: {}, meta: {}, fields });
  await administer('POST', '/items/articles', { title: 'The analytical engine' });
  const policy = await administer('POST', '/policies', { name: 'users', app_access: false, admin_access: false });
  for (const collection of ['directus_users', 'articles']) {
    await administer('POST', '/permissions', { policy: policy.id, collection, action: 'read', fields: ['*'] });
  }
  const role = await administer('POST', '/roles', { name: 'users', policies: { create: [{ policy: policy.id }] } });
  await administer('PATCH', '/settings', {
    public_registration: true,
    public_registration_verify_email: false,
    public_registration_role: role.id,
  });
}

interface Page {
  status: number;
  body: string;
  location: string | null;
  headers: Headers;
}

async function send(path: string, init: RequestInit = {}): Promise<Page> {
  const headers = { accept: 'text/html', origin: app.url.replace('http:', 'https:'), cookie, ...init.headers };
  const response = await fetch(app.url + path, { redirect: 'manual', ...init, headers });
  const { status } = response;
  return { status, body: await response.text(), location: response.headers.get('location'), headers: response.headers };
}

/** As a browser does it: the answer's cookies are in the next request. */
async function browse(path: string, init?: RequestInit): Promise<Page> {
  const page = await send(path, init);
  const written = page.headers.getSetCookie().filter((line) => line.startsWith('__Host-tokenkeep-'));
  if (written.length > 0) cookie = written.filter((line) => !line.includes('Max-Age=0')).map((line) => line.split(';', 1)[0]).join('; ');
  return page;
}

const submit = (path: string, fields: Record<string, string>) => browse(path, { method: 'POST', body: new URLSearchParams(fields) });
const refreshes = () => proxy.counts['POST /auth/refresh'] ?? 0;

test("the guide's code has no type errors", async () => {
  assert.equal(files.length, FILES, files.join('\n'));
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  await runProgram(projectNode, [tsc, '-p', '.', '--noEmit'], { cwd: folder });
});

test("the guide's app: a stranger is led to the login, registers, and signs in", async () => {
  assert.deepEqual([(await browse('/account')).status, (await browse('/account')).location], [303, '/login']);
  const registered = await submit('/register', USER);
  assert.deepEqual([registered.status, registered.location], [303, '/login'], registered.body);
  const refused = await submit('/login', { ...USER, password: 'wrong' });
  assert.equal(refused.status, 400);
  assert.match(refused.body, /Wrong e-mail or password/);
  const signedIn = await submit('/login', USER);
  assert.deepEqual([signedIn.status, signedIn.location], [303, '/account'], signedIn.body);
  assert.match((await browse('/account')).body, /Hello, Ada/);
});

test("the guide's app: ten pages with an expired token cost one refresh", async () => {
  await delay(2_100);
  const before = refreshes();
  const pages = await Promise.all(Array.from({ length: 10 }, () => send('/articles')));
  for (const { body } of pages) assert.match(body, /1 articles[\s\S]*The analytical engine/);
  assert.equal(refreshes() - before, 1);
});

test('row 29 (server): two tabs of one browser with an expired token cost one refresh', async () => {
  await delay(2_100);
  const before = refreshes();
  const [account, articles] = await Promise.all([send('/account'), send('/articles')]);
  assert.match(account.body, /Hello, Ada/);
  assert.match(articles.body, /The analytical engine/);
  assert.equal(refreshes() - before, 1);
});

for (const [what, path, status] of [
  ['a page', '/articles/1', 200],
  ['a redirect', '/login', 303],
  ['a page that does not exist', '/nowhere', 404],
  ["an error of a load", '/articles/999', 404],
  ['an unexpected error', '/account', 500],
] as const) {
  test(`row 19: ${what} (${status}) carries the renewed cookie and is not cached`, async () => {
    await delay(2_100);
    if (status === 500) proxy.faults.next('GET /users/me', { kind: 'status', status: 500 });
    const { headers, ...page } = await browse(path);
    assert.equal(page.status, status, page.body);
    assert.equal(headers.getSetCookie().length, 1);
    assert.equal(headers.get('cache-control'), 'private, no-store');
    assert.match(headers.get('vary') ?? '', /Cookie/);
    const before = refreshes();
    assert.match((await browse('/account')).body, /Hello, Ada/);
    assert.equal(refreshes(), before, 'the browser has the new tokens');
  });
}

test('row 29 (server): no page, and no data of a page, holds a token', async () => {
  const login = await directus.post('/auth/login', USER);
  const { data }: any = await login.json();
  const jwt = data.access_token.split('.', 1)[0];
  for (const path of ['/account', '/account/__data.json', '/articles', '/articles/__data.json']) {
    const { status, body } = await browse(path);
    assert.equal(status, 200);
    assert.ok(!body.includes(jwt), path);
  }
});

test("row 32 (SvelteKit): SSO, whose redirect the test plays because Directus' licence blocks it: auth.adopt(event)", async () => {
  const signedIn = cookie;
  cookie = '';
  const failed = await browse('/auth/landing?reason=INVALID_PROVIDER');
  assert.deepEqual([failed.status, failed.location], [303, '/login?reason=INVALID_PROVIDER']);
  const answer = await directus.post('/auth/login', { ...USER, mode: 'cookie' });
  cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const landed = await browse('/auth/landing');
  assert.deepEqual([landed.status, landed.location], [303, '/account'], landed.body);
  assert.match((await browse('/account')).body, /Hello, Ada/);
  cookie = signedIn;
});

test("the guide's app: signing out ends it", async () => {
  const page = await submit('/account?/logout', {});
  assert.deepEqual([page.status, page.location, cookie], [303, '/login', ''], page.body);
  assert.equal((await browse('/account')).status, 303);
});
