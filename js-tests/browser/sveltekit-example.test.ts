import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startChromium } from '../support/chromium.ts';
import { assertRemembered, logIn, openExample, type OpenExample } from '../support/open-example.ts';

const skip = withoutTool('chromium');

let example: OpenExample;
let page: Page;

before(async () => {
  if (skip) return;
  example = await openExample();
  page = example.page;
});
after(() => example?.close());

/** A row of the log, newest first. */
interface Row {
  readonly what: string;
  /** How the requests came by their tokens, with numbers over one. */
  readonly tokens: readonly string[];
  readonly failed: number;
  readonly renewals: number;
}

/** Clicks a button of the panel, waits until all is done, and reads the rows that it added. */
async function press(name: string): Promise<Row[]> {
  const rows = page.locator('tbody tr');
  const known = await rows.count();
  await page.getByRole('button', { name }).click();
  await page.getByRole('button', { name: 'One request' }).and(page.locator(':enabled')).waitFor();
  const cells = await rows.evaluateAll((all) =>
    all.map((row) => [...row.querySelectorAll('td, .chip')].map((cell) => cell.textContent.trim())),
  );
  return cells.slice(0, cells.length - known).map(([, what = '', , ...rest]) => ({
    what,
    tokens: rest.slice(0, -3),
    failed: Number(rest.at(-3)),
    renewals: Number(rest.at(-2)),
  }));
}

async function untilExpired(): Promise<void> {
  await page.locator('.big.out').waitFor();
}

test('a protected page leads to the form, and a wrong password is explained there', { skip }, async () => {
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/login');
  await logIn(page, example.email, 'wrong');
  const message = await page.getByRole('alert').innerText();
  assert.equal(message, 'That e-mail address and password do not go together.');
  assert.equal(await page.getByLabel('E-mail').inputValue(), example.email);
});

test('what is missing in the form is said at its field, and what was filled in is kept', { skip }, async () => {
  // Browsers that check `required` do not even ask the server.
  await page.locator('main form').evaluate((form) => void ((form as HTMLFormElement).noValidate = true));
  await logIn(page, example.email, '');
  assert.equal(await page.getByText('Enter your password.').getAttribute('role'), 'alert');
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('E-mail').inputValue(), example.email);
});

test('signing in leads to the panel, with one cookie that scripts cannot read', { skip }, async () => {
  await logIn(page, example.email, example.password);
  await page.getByText('The access token expires in').waitFor();
  await assertRemembered(example);
  assert.equal(await page.evaluate('document.cookie'), '');
});

test('50 parallel requests with an expired token cost one renewal and none fails', { skip }, async () => {
  await untilExpired();
  const [row] = await press('50 parallel requests');
  assert.deepEqual([row?.failed, row?.renewals], [0, 1]);
  const tokens = row?.tokens ?? [];
  assert.ok(tokens.includes('refreshed'));
  const counts = tokens.map((chip) => Number.parseInt(chip) || 1);
  assert.equal(counts.reduce((sum, count) => sum + count), 50);
});

test('a request that is aborted after the renewal costs nothing: the next one adopts it', { skip }, async () => {
  const [next, aborted] = await press('Abort after the renewal');
  assert.deepEqual([aborted?.tokens, aborted?.renewals], [['aborted'], 1]);
  assert.deepEqual([next?.tokens, next?.failed, next?.renewals], [['adopted'], 0, 0]);
});

test('a renewal that the page asks for happens though the token is fresh', { skip }, async () => {
  await press('One request');
  const [next, asked] = await press('Ask for a renewal');
  assert.deepEqual([asked?.tokens, asked?.failed, asked?.renewals], [['refreshed'], 0, 1]);
  assert.deepEqual([next?.tokens, next?.failed], [['fresh'], 0]);
});

test('five seconds without Directus sign nobody out', { skip }, async () => {
  const rows = await press('Directus down for 5 s');
  assert.ok(rows.length >= 3);
  assert.ok(rows.slice(1).every(({ failed, tokens }) => failed === 1 && !tokens.includes('signed out')), JSON.stringify(rows));
  assert.equal(rows[0]?.failed, 0);
  await page.getByRole('link', { name: 'Account' }).click();
  await page.getByText(example.email).waitFor();
});

test('the account page shows a streamed promise and asks a remote function', { skip }, async () => {
  await page.getByText('Directus', { exact: true }).waitFor();
  const answered = page.waitForResponse((response) => response.url().includes('/_app/remote/'));
  await page.getByRole('button', { name: 'Ask again' }).click();
  assert.equal((await answered).status(), 200);
});

test('signing out deletes the cookie and closes the protected page', { skip }, async () => {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
  assert.deepEqual(await example.browser.context.cookies(), []);
  await page.goto(`${example.url}/account`);
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.deepEqual(example.pageErrors, []);
});

test('without "remember me" the cookie goes when the browser is closed', { skip }, async () => {
  await page.getByLabel('Remember me').uncheck();
  await logIn(page, example.email, example.password);
  await page.getByText('The access token expires in').waitFor();
  const [cookie] = await example.browser.context.cookies();
  assert.equal(cookie?.expires, -1);
});

test('without JavaScript one can sign in, see the account, ask again, and sign out', { skip }, async (context) => {
  const plain = await startChromium({ javaScriptEnabled: false });
  context.after(() => plain.close());
  const page = await plain.context.newPage();
  await page.goto(`${example.url}/login`);
  await logIn(page, example.email, 'wrong');
  await page.getByRole('alert').waitFor();
  await logIn(page, example.email, example.password);
  await page.getByRole('link', { name: 'Account' }).click();
  await page.getByText(example.email).waitFor();
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByText('Renewals of this session').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
});
