/** `vite preview`: a production build over plain http, whose cookie is `Secure` unless the app says otherwise. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before, beforeEach } from 'node:test';
import { projectNode, root } from '../../tools/process.mjs';
import { withoutTool } from '../../tools/system-tools.mjs';
import { startProgram } from '../support/program.ts';
import { assertRenewedOnce, startStage } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

const skip = withoutTool('chromium');
/** What the fixture lets in; it is looked up at 127.0.0.1, which the browser's idea of a secure context cannot know. */
const LAN_HOST = 'lan.test';

let stage: Stage;

before(async () => {
  if (!skip) stage = await startStage({ localHost: LAN_HOST });
});

after(() => stage?.[Symbol.asyncDispose]());

beforeEach(async () => {
  await stage?.browser.context.clearCookies();
  stage?.directus.resetCounters();
});

/** Starts it; its origin as a browser writes it that calls the machine `host`. */
async function preview(host: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const program = await startProgram(projectNode, [vite, 'preview', '--host', '127.0.0.1', '--port', '0'], {
    cwd: stage.folder,
    env: { ...stage.env, ...env },
    ready: /Local: +http:\/\/127\.0\.0\.1:(\d+)/,
  });
  stage.running.defer(() => program.stop());
  return `http://${host}:${program.ready[1]}`;
}

async function signIn(origin: string) {
  const page = await stage.browser.context.newPage();
  await page.goto(`${origin}/session`);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await answered;
  return page;
}

for (const host of ['localhost', '127.0.0.1']) {
  test(`Chromium keeps and sends the Secure cookie at http://${host}`, { skip }, async () => {
    const page = await signIn(await preview(host));
    await page.getByText('signed in, fresh').waitFor();
    const [cookie] = await stage.browser.context.cookies();
    assert.match(cookie?.name ?? '', /^__Host-tokenkeep-/);
    assert.equal(cookie?.secure, true);
    await assertRenewedOnce(stage, page);
  });
}

test('at another http address a browser drops the Secure cookie, and nobody gets signed in', { skip }, async () => {
  const page = await signIn(await preview(LAN_HOST));
  await page.getByText('signed out, no token').waitFor();
  assert.equal(stage.directus.counters.login, 1);
  assert.deepEqual(await stage.browser.context.cookies(), []);
});

test('with `session.secure: false` preview works at every http address', { skip }, async () => {
  const page = await signIn(await preview(LAN_HOST, { COOKIES_OVER_HTTP: '1' }));
  await page.getByText('signed in, fresh').waitFor();
  const [cookie] = await stage.browser.context.cookies();
  assert.match(cookie?.name ?? '', /^tokenkeep-/);
  assert.deepEqual([cookie?.secure, cookie?.httpOnly], [false, true]);
});
