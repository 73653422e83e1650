/** A SvelteKit application in two isolates of workerd, whose records are in Durable Objects of a third Worker. */
import { join } from 'node:path';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import { runProgram } from './program.ts';
import { SharedRecords } from './shared-records.ts';
import { installTarball } from './sveltekit-app.ts';
import type { WorkerSettings } from './worker.ts';

const FOLDER = 'js-tests/workerd/fixtures/sveltekit';
const CLOCK = 'js-tests/workerd/fixtures/worker/src/clock.ts';
const FOR_WORKERD = '../worker/vite.config.ts';

/** Builds it if that is needed, by SvelteKit and then for workerd, and runs it. */
export async function startSvelteKitWorker(settings: WorkerSettings): Promise<SharedRecords> {
  await build();
  return SharedRecords.start(settings, '../sveltekit/records.capnp');
}

async function build(): Promise<void> {
  const cwd = join(root, FOLDER);
  const files = {
    inputs: [
      `${FOLDER}/src`,
      `${FOLDER}/cloudflare-workers.js`,
      `${FOLDER}/vite.config.ts`,
      join(FOLDER, FOR_WORKERD),
      CLOCK,
      'js-tests/sveltekit/fixtures/app.html',
      'js-tests/sveltekit/fixtures/contract-routes.ts',
      'js-tests/contract/adapter',
      'package.json',
      'package-lock.json',
      'pkg',
    ],
    outputs: [`${FOLDER}/build/worker.js`],
  };
  await unlessBuilt('fixture-sveltekit-worker', files, async () => {
    await installTarball(join(cwd, 'node_modules', 'tokenkeep'));
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    await runProgram(projectNode, [vite, 'build'], { cwd });
    await runProgram(projectNode, [vite, 'build', '--config', FOR_WORKERD, '--mode', 'worker'], { cwd });
  });
}
