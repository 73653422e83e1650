/** A Worker in workerd, bundled as users bundle theirs, with the package from the tarball. */
import { join } from 'node:path';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import type { AdapterApp } from '../contract/adapter/app.ts';
import { runProgram, startProgram } from './program.ts';
import { installTarball } from './sveltekit-app.ts';

const FOLDER = 'js-tests/workerd/fixtures/worker';

/** Which of the sockets in the fixture's config.capnp: they differ in what requests may do for each other. */
export type Compatibility = 'today' | 'before2024';

export interface WorkerSettings {
  readonly DIRECTUS_URL: string;
  readonly TOKENKEEP_SECRET: string;
}

/** Builds the Worker if that is needed and runs it on a free port of 127.0.0.1. */
export async function startWorker({ DIRECTUS_URL, TOKENKEEP_SECRET }: WorkerSettings, compatibility: Compatibility): Promise<AdapterApp> {
  await build();
  const program = await startProgram(join(root, 'node_modules', '.bin', 'workerd'), ['serve', '--control-fd=1', 'config.capnp'], {
    cwd: join(root, FOLDER),
    env: { DIRECTUS_URL, TOKENKEEP_SECRET },
    ready: new RegExp(`"event":"listen","socket":"${compatibility}","port":(\\d+)`),
  });
  const url = `http://127.0.0.1:${program.ready[1]}`;
  return {
    url,
    async setClock(aheadMs) {
      await fetch(url, { method: 'PUT', body: String(aheadMs) });
    },
    [Symbol.asyncDispose]: () => program.stop(),
  };
}

async function build(): Promise<void> {
  const files = {
    inputs: [`${FOLDER}/src`, `${FOLDER}/vite.config.ts`, 'js-tests/contract/adapter', 'package.json', 'package-lock.json', 'pkg'],
    outputs: [`${FOLDER}/build/worker.js`],
  };
  await unlessBuilt('fixture-worker', files, async () => {
    const cwd = join(root, FOLDER);
    await installTarball(join(cwd, 'node_modules', 'tokenkeep'));
    await runProgram(projectNode, [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], { cwd });
  });
}
