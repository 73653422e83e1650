/** A driver that traps, in Chromium: nobody waits for ever, and the session goes on. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { compileBrowser, coreInputs } from '../../tools/build.mjs';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { root, step } from '../../tools/process.mjs';
import { withoutTool } from '../../tools/system-tools.mjs';
import { servePage } from '../support/page.ts';
import { startWorld, type World } from './page/world.ts';

const skip = withoutTool('chromium');
const BUILT = join('target', 'trap-switch-browser', 'pkg');
const FILES = ['browser/glue.js', 'browser/browser_bg.wasm'];

let world: World;

before(async () => {
  if (skip) return;
  const outputs = FILES.map((file) => join(BUILT, file));
  await unlessBuilt('trap-switch-browser', { inputs: coreInputs, outputs }, () =>
    step('building a driver for pages that traps on demand', compile),
  );
  const prepare = async (project: string) =>
    cpSync(join(root, BUILT), join(project, 'node_modules', 'tokenkeep', 'pkg'), { recursive: true });
  world = await startWorld(servePage('build', { name: 'page-traps', prepare }));
});

after(() => world?.close());

async function compile(): Promise<void> {
  const files = await compileBrowser(join(root, 'target', 'trap-switch-browser', 'glue'), ['trap-switch']);
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, BUILT, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** 1 traps, 2 overflows the stack. */
for (const [kind, how] of [['trap', 1], ['stack overflow', 2]] as const) {
  test(`a ${kind} in the driver rejects what is outstanding, and the session is renewed afterwards`, { skip }, async () => {
    const page = await world.open();
    const seen = await page.evaluate(async (how) => {
      const point = { at: 0 };
      Object.assign(globalThis, { trapSwitch: () => point.at });
      const { auth, events, fake, login } = faked({ refresh: { ahead: false } });
      await login();
      const answered = Promise.withResolvers<void>();
      fake.intercept = async (call, answer) => (call === 'refresh' ? answered.promise.then(answer) : answer());
      const renewals = [auth.getAccessToken({ refresh: true }), auth.getAccessToken({ refresh: true })].map(fate);
      while (fake.count('refresh') === 0) await new Promise((resolve) => setTimeout(resolve));
      // The driver traps when it is to show the new session.
      point.at = how;
      const outcomes = await Promise.all([fate(login()), ...renewals]);
      point.at = 0;
      fake.intercept = (_, answer) => answer();
      const restarts = events.filter(({ type }) => type === 'coreRestarted').length;
      return { outcomes, restarts, token: await fate(auth.getAccessToken()) };
    }, how);
    await page.close();
    assert.deepEqual(seen, {
      outcomes: ['ERR_INTERNAL', 'ERR_INTERNAL', 'ERR_INTERNAL'],
      restarts: 1,
      token: 'fulfilled',
    });
  });
}
