/** examples/astro in a real browser. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { buildAstroApp } from '../../tools/astro/install.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startChromium } from '../support/chromium.ts';
import { npmStart, SUMMARY } from '../support/example.ts';
import { assertRemembered, logIn, openExample, type OpenExample } from '../support/open-example.ts';
import { runProgram } from '../support/program.ts';

const skip = withoutTool('chromium');
let example: OpenExample;
let page: Page;

before(async () => {
  if (skip) return;
  example = await openExample('--example', 'astro');
  page = example.page;
});
after(() => example?.close());

/** What the account page says beside a name. */
function shown(name: string): Promise<string> {
  return page.getByRole('term').filter({ hasText: name }).locator('+ dd').innerText();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
}

test('npm start -- --example astro --once plays the main job with the stand-in and ends with status 0', async () => {
  const { code, lines } = await npmStart(['--example', 'astro', '--once']);
  assert.equal(code, 0, lines.join('\n'));
  assert.equal(lines.at(-1), SUMMARY);
});

test('its modules fit what Astro and the package declare', async () => {
  const folder = await buildAstroApp('examples/astro', 'example');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  assert.equal((await runProgram(projectNode, [tsc, '-p', '.'], { cwd: folder })).stdout, '');
});

test('a protected page leads to the form, and a wrong password is explained there', { skip }, async () => {
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/login');
  await logIn(page, example.email, 'wrong');
  assert.equal(await page.getByRole('alert').innerText(), 'That e-mail address and password do not go together.');
  assert.equal(await page.getByLabel('E-mail').inputValue(), example.email);
});

test('what is missing in the form is said there', { skip }, async () => {
  // Browsers that check `required` do not even ask the server.
  await page.locator('main form').evaluate((form) => void ((form as HTMLFormElement).noValidate = true));
  await logIn(page, example.email, '');
  assert.equal(await page.getByRole('alert').innerText(), 'Enter your e-mail address and your password.');
});

test('signing in leads to the account, with one cookie that scripts cannot read', { skip }, async () => {
  await logIn(page, example.email, example.password);
  await page.waitForURL('**/account');
  assert.equal(await shown('Directus knows you as'), example.email);
  assert.match(await shown('It expires in'), /^[1-4] s$/);
  await assertRemembered(example);
});

test('when the token has expired, the next click renews it before the page is rendered', { skip }, async () => {
  await page.getByText('it has expired').waitFor();
  await page.getByRole('link', { name: 'tokenkeep' }).click();
  await page.locator('.chip', { hasText: 'refreshed' }).waitFor();
  assert.equal(await shown('Directus knows you as'), example.email);
  assert.equal(await shown('Renewals of this session'), '1');
});

test('an action changes the user at Directus, also when the token has expired meanwhile', { skip }, async () => {
  await page.getByText('it has expired').waitFor();
  await page.getByLabel('First name').fill('Grace');
  await page.getByRole('button', { name: 'Change it at Directus' }).click();
  await page.getByRole('heading', { name: 'Hello, Grace' }).waitFor();
  assert.equal(await shown('Renewals of this session'), '2');
});

test('the button renews a token that is fresh', { skip }, async () => {
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/renew');
  await page.getByRole('button', { name: 'Renew the token' }).click();
  assert.equal((await answered).status(), 200);
  await page.locator('.chip', { hasText: 'fresh' }).waitFor();
  assert.equal(await shown('Renewals of this session'), '3');
});

test('signing out deletes the cookie, and the button of another tab then leads to the form', { skip }, async () => {
  const tab = await example.browser.context.newPage();
  await tab.goto(`${example.url}/account`);
  await signOut(page);
  assert.deepEqual(await example.browser.context.cookies(), []);
  await tab.getByRole('button', { name: 'Renew the token' }).click();
  await tab.waitForURL('**/login');
  assert.deepEqual(example.pageErrors, []);
});

test('without JavaScript one can sign in for as long as the browser is open, see the account, and sign out', { skip }, async (context) => {
  const plain = await startChromium({ javaScriptEnabled: false });
  context.after(() => plain.close());
  const page = await plain.context.newPage();
  await page.goto(`${example.url}/login`);
  await logIn(page, example.email, example.password, { remember: false });
  await page.getByText(example.email).waitFor();
  assert.deepEqual((await plain.context.cookies()).map(({ expires }) => expires), [-1]);
  await signOut(page);
});
