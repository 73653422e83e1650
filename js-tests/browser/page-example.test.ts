/** The example that has no server, as `npm start -- --example browser` runs it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { withoutTool } from '../../tools/system-tools.mjs';
import { logIn, openExample } from '../support/open-example.ts';

const skip = withoutTool('chromium');

test('a person signs in at the page, outlives the token, reloads, and signs out', { skip }, async () => {
  const { url, email, password, page, pageErrors, close } = await openExample('--example', 'browser');
  try {
    await page.goto(url);
    await logIn(page, email, 'wrong');
    await page.getByText('Wrong e-mail or password.').waitFor();
    await logIn(page, email, password);
    await page.getByText('refreshed').first().waitFor();
    await page.getByRole('button', { name: '20 requests at once' }).click();
    await page.getByText(`20 answers, all for ${email}`).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Who am I?' }).click();
    await page.getByText(`I am ${email}`).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.deepEqual(pageErrors, []);
  } finally {
    await close();
  }
});
