/** The ways to build and to run a Next.js app, each with the package from its tarball and without configuration. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type DirectusStandIn, startDirectusStandIn } from '../../js/testing.ts';
import { Browser } from '../support/browser.ts';
import { buildNextApp, distDir, startNextApp } from '../support/next-app.ts';
import type { RunningNextApp, Variant } from '../support/next-app.ts';

const user = { email: 'admin@example.com', password: 'password' };
/** Seconds. The edge runtime has a clock of its own, so that this time really passes. */
const ACCESS_TOKEN_TTL = 3;

/** All of them but the one that the other tests of this folder use. */
const VARIANTS: readonly Variant[] = [
  { bundler: 'turbopack', runtime: 'node', standalone: true },
  { bundler: 'webpack', runtime: 'node', basePath: '/base' },
  { bundler: 'webpack', runtime: 'node', standalone: true },
  { bundler: 'turbopack', runtime: 'edge' },
  { bundler: 'webpack', runtime: 'edge' },
  { bundler: 'turbopack', runtime: 'edge', standalone: true },
  { bundler: 'webpack', runtime: 'edge', standalone: true },
];

/** Somebody has seen the page: it is compiled, and twenty of it are served before their new token is due. */
async function seen({ url }: RunningNextApp): Promise<void> {
  const browser = new Browser(url);
  await browser.post('/login', user);
  await browser.get('/me-page/1');
}

for (const variant of VARIANTS) {
  const { bundler, runtime, standalone, basePath } = variant;
  const file = runtime === 'edge' ? 'middleware.ts on the edge runtime' : 'proxy.ts';
  describe(`${bundler}, ${file}, ${standalone ? "output: 'standalone'" : 'next start'}${basePath ? ', below a base path' : ''}`, () => {
    let provider: DirectusStandIn;
    let folder: string;
    let app: RunningNextApp;

    before(async () => {
      provider = await startDirectusStandIn({ accessTokenTtl: ACCESS_TOKEN_TTL, refreshDelayMs: 200 });
      folder = await buildNextApp(variant);
      app = await startNextApp(folder, variant, {
        DIRECTUS_URL: provider.url,
        TOKENKEEP_SECRET: 'a secret of at least thirty-two characters',
      });
    });

    after(async () => {
      await app?.[Symbol.asyncDispose]();
      await provider.close();
    });

    test('twenty documents at once with one expired session: one refresh, and all of them have the user', async () => {
      await seen(app);
      const browser = new Browser(app.url);
      assert.equal((await browser.post('/login', user)).status, 200, app.output());
      const { session } = (await browser.get('/state')).body;
      await delay(session.expiresAt - Date.now() + 50);
      provider.resetCounters();
      const pages = await browser.parallel(20, '/me-page/1');
      for (const { text } of pages) assert.ok(text.includes(user.email), app.output());
      assert.equal(provider.counters.refresh, 1);
      assert.equal((await browser.get('/state')).body.session.generation, 1);
    });

    test('a visitor without a session sees the pages too', async () => {
      const page = await new Browser(app.url).get(basePath ? '' : '/');
      assert.deepEqual([page.status, page.setCookie, /signed out/.test(page.text)], [200, [], true]);
    });

    if (basePath) test('a proxy sends strangers to the login page below the base path', async () => {
      const page = await new Browser(app.url).get('/own/guarded');
      const { href } = new URL(page.headers.get('location') ?? '', app.url);
      assert.deepEqual([page.status, href], [303, `${app.url}/login`]);
    });

    if (runtime === 'edge') test('the middleware runs on the edge runtime, with the module as a file that is not compiled there', async () => {
      assert.equal((await new Browser(app.url).get('/runtime')).body.runtime, 'edge-runtime');
      const manifest = JSON.parse(readFileSync(join(folder, distDir(variant), 'server', 'middleware-manifest.json'), 'utf8'));
      const [{ filePath } = { filePath: '' }] = manifest.middleware['/'].wasm as { filePath: string }[];
      const module = readFileSync(join(folder, distDir(variant), filePath));
      const ours = readFileSync(join(folder, 'node_modules', 'tokenkeep', 'pkg', 'load', 'core_bg.wasm'));
      assert.ok(module.equals(ours), `${filePath} is another module`);
    });

    if (runtime === 'edge') test('a route handler on the edge runtime has the session', async () => {
      const browser = new Browser(app.url);
      await browser.post('/login', user);
      assert.deepEqual((await browser.get('/edge')).body, { email: user.email, how: 'fresh' });
    });
  });
}
