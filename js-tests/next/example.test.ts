import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ACCESS_TOKEN_TTL } from '../../examples/start/provider.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startChromium } from '../support/chromium.ts';
import { npmStart, SUMMARY } from '../support/example.ts';
import { assertRemembered, logIn, openExample, type OpenExample } from '../support/open-example.ts';

const skip = withoutTool('chromium');

let example: OpenExample;
let page: Page;

before(async () => {
  if (skip) return;
  example = await openExample('--example', 'next');
  page = example.page;
});
after(() => example?.close());

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
}

test('npm start -- --example next --once plays the main job with the stand-in and ends with status 0', async () => {
  const { code, lines } = await npmStart(['--example', 'next', '--once']);
  assert.equal(code, 0, lines.join('\n'));
  assert.ok(lines.includes(SUMMARY), lines.join('\n'));
});

test('a protected page leads to the form, and a wrong password is explained there', { skip }, async () => {
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/login');
  await logIn(page, example.email, 'wrong');
  const alert = page.getByRole('main').getByRole('alert');
  assert.equal(await alert.innerText(), 'That e-mail address and password do not go together.');
  assert.equal(await page.getByLabel('E-mail').inputValue(), example.email);
});

test('signing in leads to the account, with one cookie that scripts cannot read', { skip }, async () => {
  await logIn(page, example.email, example.password);
  await page.waitForURL('**/account');
  await page.getByText(example.email).waitFor();
  await assertRemembered(example);
});

test('when the token has expired, a click renews it before the page is rendered', { skip }, async () => {
  await page.getByRole('link', { name: 'tokenkeep' }).click();
  await page.getByRole('heading', { name: 'Directus and Next.js' }).waitFor();
  await page.waitForTimeout(ACCESS_TOKEN_TTL * 1000);
  await page.getByRole('link', { name: 'Account' }).click();
  await page.locator('.chip', { hasText: 'refreshed' }).waitFor();
  await page.getByText(example.email).waitFor();
});

test('signing out deletes the cookie and closes the protected page', { skip }, async () => {
  await signOut(page);
  assert.deepEqual(await example.browser.context.cookies(), []);
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.deepEqual(example.pageErrors, []);
});

test('without "remember me" the cookie goes when the browser is closed', { skip }, async () => {
  await logIn(page, example.email, example.password, { remember: false });
  await page.waitForURL('**/account');
  assert.deepEqual((await example.browser.context.cookies()).map(({ expires }) => expires), [-1]);
  await signOut(page);
});

test('without JavaScript one can sign in, see the account, and sign out', { skip }, async (context) => {
  const plain = await startChromium({ javaScriptEnabled: false });
  context.after(() => plain.close());
  const page = await plain.context.newPage();
  await page.goto(`${example.url}/login`);
  await logIn(page, example.email, 'wrong');
  await page.getByRole('alert').waitFor();
  await logIn(page, example.email, example.password);
  await page.getByText(example.email).waitFor();
  await signOut(page);
});
