/** Sign-in by redirect in a browser with scripts, where Next.js' router follows what server actions redirect to. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFaultProxy } from '../../js/testing.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { buildNextApp, REFERENCE, startNextApp } from '../support/next-app.ts';
import { type SignInPage, type SignInSettings, startSignInPage } from '../support/sign-in-page.ts';

const skip = withoutTool('chromium');

let running: SignInPage;

before(async () => {
  if (!skip) running = await startSignInPage(startApp);
});

after(() => running?.[Symbol.asyncDispose]());

async function startApp({ origin, port, provider, secret }: SignInSettings): Promise<AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const app = started.use(
    await startNextApp(await buildNextApp(REFERENCE), REFERENCE, {
      OIDC_ISSUER: provider.url,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OIDC_REDIRECT_URI: `${origin}/auth/callback`,
      TOKENKEEP_SECRET: secret,
    }),
  );
  // The app chooses its own port, and the provider had to know one before.
  started.adopt(await startFaultProxy(app.url, { port }), (proxy) => proxy.close());
  return started.move();
}

const cookieNames = async () => (await running.context.cookies(running.origin)).map(({ name }) => name);

test('a server action leads to the provider, and its answer to the page that the sign-in was for', { skip }, async () => {
  const { page, origin, provider } = running;
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
  const { page, origin, provider } = running;
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
