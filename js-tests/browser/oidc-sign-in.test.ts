/** Sign-in and logout at oidc-provider in a real browser, with a built SvelteKit app. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { type SignInPage, startSignInPage } from '../support/sign-in-page.ts';
import { buildFixture, startBuiltApp } from '../support/sveltekit-app.ts';

const skip = withoutTool('chromium');

let running: SignInPage;

before(async () => {
  if (skip) return;
  running = await startSignInPage(async ({ origin, port, provider, secret }) =>
    startBuiltApp(await buildFixture('oidc'), {
      PORT: String(port),
      ORIGIN: origin,
      ISSUER: provider.url,
      CLIENT_ID: provider.clientId,
      CLIENT_SECRET: provider.clientSecret,
      TOKENKEEP_SECRET: secret,
    }),
  );
});

after(() => running?.[Symbol.asyncDispose]());

/** Without what is random in them. */
const cookieNames = async () =>
  (await running.context.cookies(running.origin)).map(({ name }) => /^__Host-tokenkeep(\.signin)?(?=-)/.exec(name)?.[0] ?? name);

async function atProvider(tab: Page, user: string): Promise<void> {
  assert.equal(new URL(tab.url()).origin, running.provider.url);
  await tab.getByLabel('Name').fill(user);
  await tab.getByRole('button', { name: 'Sign in' }).click();
}

test('a protected page leads to the provider and, after the sign-in there, back to itself', { skip }, async () => {
  const { page, origin } = running;
  await page.goto(`${origin}/account`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Name').waitFor();
  assert.deepEqual(await cookieNames(), ['__Host-tokenkeep.signin']);
  await atProvider(page, 'ada');
  await page.getByText('ADA is ada, generation 0').waitFor();
  assert.equal(page.url(), `${origin}/account?tab=1`);
  assert.deepEqual(await cookieNames(), ['__Host-tokenkeep']);
  assert.equal(await page.evaluate('document.cookie'), '');
});

test('going back to the callback signs nobody in again, and nobody out', { skip }, async () => {
  const { page, origin, provider } = running;
  await page.goto(`${origin}/auth/callback?code=x&state=y&iss=${encodeURIComponent(provider.url)}`);
  assert.equal(new URL(page.url()).search, '?error=ERR_STATE_MISMATCH');
  await page.goto(`${origin}/account`);
  await page.getByText('ADA is ada').waitFor();
});

test('signing out ends the session here and at the provider, and leads back', { skip }, async () => {
  const { page, origin, provider } = running;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${provider.url}/session/end*`);
  assert.deepEqual(await cookieNames(), []);
  await page.getByRole('button', { name: /yes/i }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  assert.equal(page.url(), `${origin}/`);
  await page.goto(`${origin}/account`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Name').waitFor();
});

test('two tabs sign in side by side', { skip }, async () => {
  const { page, context, origin } = running;
  const other = await context.newPage();
  await other.goto(`${origin}/login?returnTo=/account`);
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByLabel('Name').waitFor();
  await atProvider(page, 'ada');
  await page.getByText('ADA is ada').waitFor();
  await atProvider(other, 'ada');
  await other.getByText('ADA is ada').waitFor();
  assert.deepEqual(await cookieNames(), ['__Host-tokenkeep']);
  await other.close();
});

test('who cancels at the provider is told why', { skip }, async () => {
  const { page, context, origin } = running;
  await page.goto(`${origin}/login?returnTo=//evil.example`);
  await context.clearCookies();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(`${origin}/login?*`);
  assert.equal(new URL(page.url()).search, '?error=ERR_SIGN_IN_REJECTED');
});

test('nobody is led to another site after signing in', { skip }, async () => {
  const { page, origin } = running;
  await page.goto(`${origin}/login?returnTo=//evil.example`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Name').waitFor();
  await atProvider(page, 'ada');
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  assert.equal(page.url(), `${origin}/`);
});
