import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { DirectusStandIn } from '../../js/testing.ts';
import { freePort } from '../../tools/ports.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import { runProgram, startProgram } from '../support/program.ts';
import type { RunningProgram } from '../support/program.ts';
import { installProject } from '../support/project.ts';

const fixture = fileURLToPath(new URL('fixtures/sveltekit', import.meta.url));
const user = { email: 'admin@example.com', password: 'password' };
const ADDRESS = /Local: +(http:\/\/127\.0\.0\.1:\d+)/;
const LISTENING = /Listening on (http:\/\/127\.0\.0\.1:\d+)/;

let project: string;
let provider: DirectusStandIn;

before(async () => {
  provider = await startDirectusStandIn({ accessTokenTtl: 3 });
  project = await installProject('sveltekit', fixture);
});

after(() => provider.close());

for (const path of ['src/lib/server/auth.ts', 'src/hooks.server.ts', 'src/app.d.ts', 'src/env.ts']) {
  test(`the project's ${path} is the README's`, () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const block = `// ${path}\n${readFileSync(join(fixture, path), 'utf8')}\`\`\``;
    assert.ok(readme.includes(block), `README.md does not say:\n${block}`);
  });
}

test('vite dev: sign in, one renewal for many requests, cookies over http', async () => {
  await mainJob(() => vite('dev'), { secure: false });
});

test('vite build needs neither the secret nor the URL', async () => {
  rmSync(join(project, 'build'), { recursive: true, force: true });
  await runProgram(projectNode, [viteProgram(), 'build'], { cwd: project });
  assert.ok(existsSync(join(project, 'build', 'index.js')));
});

test('vite preview: sign in, one renewal for many requests, secure cookies', async () => {
  await mainJob(() => vite('preview'), { secure: true });
});

test('adapter-node without the devDependencies, behind a proxy that ends TLS: the same, and secure cookies', async () => {
  const server = await installProject('sveltekit-server', fixture, { production: true });
  cpSync(join(project, 'build'), join(server, 'build'), { recursive: true });
  assert.ok(!existsSync(join(server, 'node_modules', '@sveltejs')), 'SvelteKit is installed on the server');
  await mainJob(() => adapterNode(server), { secure: true, scheme: 'https' });
});

test('without secret and URL the first request answers 500 and the log says what is missing', async () => {
  const app = await adapterNode(project, {});
  try {
    assert.equal((await fetch(address(app))).status, 500);
    assert.match(app.output(), /AuthError: .*secret/);
  } finally {
    await app.stop();
  }
});

async function mainJob(start: () => Promise<RunningProgram>, { secure, scheme = 'http' }: { secure: boolean; scheme?: string }) {
  provider.resetCounters();
  const app = await start();
  const origin = address(app).replace('http:', `${scheme}:`);
  const page = (cookie = '') => fetch(address(app), { headers: { cookie }, redirect: 'manual' });
  try {
    await refusesStrangers(app, page, origin);
    const [line = ''] = (await logIn(app, origin, user.password)).headers.getSetCookie();
    const [cookie = '', ...attributes] = line.split('; ');
    assert.equal(cookie.startsWith('__Host-tokenkeep-'), secure, line);
    assert.deepEqual(attributes.sort(), ['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Lax', ...(secure ? ['Secure'] : [])]);
    const first = await dataOf(await page(cookie));
    assert.equal(first.email, user.email);
    await delay(first.expiresAt - Date.now() + 50);
    const pages = await Promise.all(Array.from({ length: 8 }, () => page(cookie)));
    const shown = await Promise.all(pages.map(dataOf));
    assert.deepEqual(shown.map(({ email }) => email), Array(8).fill(user.email));
    assert.equal(shown.filter(({ how }) => how === 'refreshed').length, 1);
    assert.equal(shown.filter(({ how }) => how === 'waited' || how === 'adopted').length, 7);
    assert.equal(provider.counters.refresh, 1);
    const [renewed = ''] = pages[0]?.headers.getSetCookie() ?? [];
    await isUnavailableWithTheProvider(page, renewed.slice(0, renewed.indexOf(';')));
  } finally {
    await app.stop();
    await provider.goOnline();
  }
}

type Page = (cookie?: string) => Promise<Response>;

async function refusesStrangers(app: RunningProgram, page: Page, origin: string): Promise<void> {
  const stranger = await page();
  assert.equal(stranger.status, 303, app.output());
  assert.equal(stranger.headers.get('location'), '/login');
  const refused = await logIn(app, origin, 'wrong');
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /ERR_LOGIN_REJECTED/);
  assert.deepEqual(refused.headers.getSetCookie(), []);
}

/** SvelteKit recognises `error(503)` as its own: what the package throws is of the app's own class. */
async function isUnavailableWithTheProvider(page: Page, cookie: string): Promise<void> {
  const { expiresAt } = await dataOf(await page(cookie));
  await provider.goOffline();
  await delay(expiresAt - Date.now() + 50);
  const response = await page(cookie);
  assert.equal(response.status, 503);
  assert.deepEqual(response.headers.getSetCookie(), []);
}

function logIn(app: RunningProgram, origin: string, password: string): Promise<Response> {
  return fetch(`${address(app)}/login`, {
    method: 'POST',
    headers: { origin, accept: 'text/html' },
    body: new URLSearchParams({ email: user.email, password }),
    redirect: 'manual',
  });
}

interface Shown {
  email: string;
  how: string;
  expiresAt: number;
}

async function dataOf(response: Response): Promise<Shown> {
  const html = await response.text();
  assert.equal(response.status, 200, html);
  const text = /<pre>(.*?)<\/pre>/.exec(html)?.[1] ?? '';
  return JSON.parse(text.replaceAll('&quot;', '"'));
}

function settings(): NodeJS.ProcessEnv {
  return { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: 'a secret of at least thirty-two characters' };
}

function vite(command: 'dev' | 'preview'): Promise<RunningProgram> {
  const args = [viteProgram(), command, '--host', '127.0.0.1', '--port', '0'];
  return startProgram(projectNode, args, { cwd: project, env: settings(), ready: ADDRESS });
}

function viteProgram(): string {
  return join('node_modules', 'vite', 'bin', 'vite.js');
}

async function adapterNode(folder: string, env = settings()): Promise<RunningProgram> {
  const address = { HOST: '127.0.0.1', PORT: String(await freePort()) };
  return startProgram(projectNode, ['build'], { cwd: folder, env: { ...env, ...address }, ready: LISTENING });
}

function address({ ready }: RunningProgram): string {
  return ready[1] ?? '';
}
