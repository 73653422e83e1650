/** An example in Chromium. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Chromium, startChromium } from './chromium.ts';
import { type Example, startExample } from './example.ts';

export interface OpenExample extends Example {
  readonly browser: Chromium;
  readonly page: Page;
  /** What scripts of `page` have thrown. */
  readonly pageErrors: readonly string[];
  close(): Promise<void>;
}

/** `npm start -- …args`, and a page that has not been anywhere yet. */
export async function openExample(...args: string[]): Promise<OpenExample> {
  const example = await startExample(args);
  const browser = await startChromium();
  const page = await browser.context.newPage();
  const pageErrors: string[] = [];
  page.on('pageerror', ({ message }) => pageErrors.push(message));
  return {
    ...example,
    browser,
    page,
    pageErrors,
    async close() {
      await browser.close();
      await example.interrupt();
    },
  };
}

/** Fills in the login form of the examples that have one, and sends it. `remember`: as the box is, unless it says otherwise. */
export async function logIn(page: Page, email: string, password: string, { remember }: { remember?: boolean } = {}): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  if (remember !== undefined) await page.getByLabel('Remember me').setChecked(remember);
  await page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
}

/** The browser has one cookie, which scripts cannot read and which stays for a week. */
export async function assertRemembered({ browser }: OpenExample): Promise<void> {
  const [cookie = assert.fail('no cookie'), ...others] = await browser.context.cookies();
  assert.deepEqual(others, []);
  assert.match(cookie.name, /^__Host-tokenkeep-/);
  assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite], [true, true, 'Lax']);
  assert.ok(cookie.expires > Date.now() / 1000 + 6 * 24 * 3600);
}
