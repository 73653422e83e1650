/** examples/sveltekit-authjs in a real browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { npmStart, SUMMARY } from '../support/example.ts';
import { openExample, type OpenExample } from '../support/open-example.ts';

const skip = withoutTool('chromium');
let example: OpenExample;
let page: Page;

before(async () => {
  if (skip) return;
  example = await openExample('--example', 'sveltekit-authjs');
  page = example.page;
});
after(() => example?.close());

const fingerprint = () => page.getByTestId('fingerprint').innerText();

test('npm start -- --example sveltekit-authjs --once plays the main job and ends with status 0', async () => {
  const { code, lines } = await npmStart(['--example', 'sveltekit-authjs', '--once']);
  assert.equal(code, 0, lines.join('\n'));
  assert.deepEqual(lines.filter((line) => line.startsWith('refreshes at')), [SUMMARY]);
});

test('signing in leads through the provider to the account page', { skip }, async () => {
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account');
  assert.equal(await page.getByTestId('user').innerText(), 'ada');
});

test('the button renews the token, and the page shows the new one', { skip }, async () => {
  const old = await fingerprint();
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/renew');
  await page.getByRole('button', { name: 'Renew the token' }).click();
  const response = await answered;
  assert.deepEqual(Object.keys(await response.json()), ['expiresAt']);
  await page.getByText('Renewed. Good until').waitFor();
  await page.getByRole('button', { name: 'Renew the token' }).and(page.locator(':enabled')).waitFor();
  assert.notEqual(await fingerprint(), old);
});

test('the browser holds one cookie of the session that scripts cannot read, and gets no token', { skip }, async () => {
  const cookies = await example.browser.context.cookies(example.url);
  const session = cookies.filter(({ name }) => name.includes('session-token'));
  assert.deepEqual(session.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })), [{ httpOnly: true, sameSite: 'Lax' }]);
  const text = await page.evaluate(() => fetch('/auth/session').then((answer) => answer.text()));
  assert.deepEqual(Object.keys(JSON.parse(text)).sort(), ['expires', 'user']);
});

test('a click after another browser tab has signed out says so', { skip }, async () => {
  const tab = await example.browser.context.newPage();
  await tab.goto(`${example.url}/account`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname === '/');
  await tab.getByRole('button', { name: 'Renew the token' }).click();
  await tab.waitForURL((url) => url.pathname === '/');
  assert.deepEqual(example.pageErrors, []);
});
