/** Sign-in by redirect in a browser with scripts, where Next.js' router follows what server actions redirect to. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type FaultProxy, startFaultProxy } from '../../js/testing.ts';
import { freePort } from '../../tools/ports.mjs';
import { withoutTool } from '../../tools/system-tools.mjs';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { buildNextApp, REFERENCE, type RunningNextApp, startNextApp } from '../support/next-app.ts';
import { type OidcServer, startOidcProvider } from '../support/oidc-provider.ts';

const skip = withoutTool('chromium');

let provider: OidcServer;
let app: RunningNextApp;
let proxy: FaultProxy;
let chromium: Chromium;
let origin: string;
let page: Page;

before(async () => {
  if (skip) return;
  const port = await freePort();
  // Two sites for the browser, as in life: `SameSite=Lax` has to let the provider's answer through.
  origin = `http://localhost:${port}`;
  provider = await startOidcProvider({ app: origin });
  app = await startNextApp(await buildNextApp(REFERENCE), REFERENCE, {
    OIDC_ISSUER: provider.url,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_REDIRECT_URI: `${origin}/auth/callback`,
    TOKENKEEP_SECRET: randomBytes(32).toString('base64url'),
  });
  // The app chooses its own port, and the provider had to know one before.
  proxy = await startFaultProxy(app.url, { port });
  chromium = await startChromium();
  page = await chromium.context.newPage();
});

after(async () => {
  await chromium?.close();
  await proxy?.close();
  await app?.[Symbol.asyncDispose]();
  await provider?.close();
});

const cookieNames = async () => (await chromium.context.cookies(origin)).map(({ name }) => name);

test('a server action leads to the provider, and its answer to the page that the sign-in was for', { skip }, async () => {
  await page.goto(`${origin}/auth`, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'login' }).click();
  await page.getByLabel('Name').fill('ada');
  assert.equal(new URL(page.url()).origin, provider.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${origin}/account`);
  assert.equal(await page.locator('#page').innerText(), '{"name":"ADA"}');
  const [name, ...others] = await cookieNames();
  assert.match(name ?? '', /^__Host-tokenkeep-/);
  assert.deepEqual(others, []);
});

test('a server action signs out here, and leads to the provider, which ends its session too', { skip }, async () => {
  await page.goto(`${origin}/auth`, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'logout' }).click();
  await page.waitForURL(`${provider.url}/session/end*`);
  assert.deepEqual(await cookieNames(), []);
  await page.getByRole('button', { name: /yes/i }).click();
  await page.waitForURL(`${origin}/`);
  await page.goto(`${origin}/account`, { waitUntil: 'networkidle' });
  assert.equal(new URL(page.url()).pathname, '/auth');
  await page.getByRole('button', { name: 'login' }).click();
  await page.getByLabel('Name').waitFor();
});
