import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installAstro } from '../../tools/astro/install.mjs';
import { freePort } from '../../tools/ports.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import { adapterContract } from '../contract/adapter-contract.ts';
import type { AdapterApp } from '../contract/adapter-contract.ts';
import { assertRenewed, World } from '../contract/adapter/world.ts';
import { signInContract } from '../contract/sign-in-contract.ts';
import { runProgram, startProgram } from '../support/program.ts';

const fixture = fileURLToPath(new URL('fixtures/contract', import.meta.url));
const home = await installAstro();
const project = join(home, 'contract');
rmSync(project, { recursive: true, force: true });
cpSync(fixture, project, { recursive: true });
cpSync(join(root, 'js-tests', 'contract', 'adapter'), join(project, 'contract'), { recursive: true });

test('an app is built without a secret, and a prerendered page knows of nobody', async () => {
  const astro = join(home, 'node_modules', 'astro', 'bin', 'astro.mjs');
  const { stdout, stderr } = await runProgram(projectNode, [astro, 'build'], { cwd: project, env: { ASTRO_TELEMETRY_DISABLED: '1' } });
  assert.doesNotMatch(stdout + stderr, /warn/i);
  assert.match(readFileSync(join(project, 'dist', 'client', 'about', 'index.html'), 'utf8'), /About: nobody/);
});

async function startApp(environment: object): Promise<AdapterApp> {
  const address = { HOST: '127.0.0.1', PORT: String(await freePort()) };
  const program = await startProgram(projectNode, [join('dist', 'server', 'entry.mjs')], {
    cwd: project,
    env: { ...environment, ...address },
    ready: /listening/i,
  });
  return { url: `http://127.0.0.1:${address.PORT}`, [Symbol.asyncDispose]: () => program.stop() };
}

test('the handlers are those that Astro asks for, and `locals.auth` is typed', async () => {
  const { stdout } = await runProgram(projectNode, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: project });
  assert.equal(stdout, '');
});

adapterContract('tokenkeep/astro', startApp);
signInContract('tokenkeep/astro', startApp);

test('a page that is rewritten to another one costs one renewal, and its answer has the cookie once', async () => {
  await using world = await World.start(startApp);
  const { browser } = await world.signInAndExpire();
  const page = await browser.get('/rewritten');
  assert.equal(page.body.how, 'refreshed');
  assertRenewed(page);
  assert.equal(world.refreshes, 1);
});
