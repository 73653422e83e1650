/** Workers in workerd, bundled as users bundle theirs, with the package from the tarball. */
import { join } from 'node:path';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import type { AdapterApp } from '../contract/adapter/app.ts';
import { type RunningProgram, runProgram, startProgram } from './program.ts';
import { installTarball } from './sveltekit-app.ts';

const FOLDER = 'js-tests/workerd/fixtures/worker';
/** The main modules in the fixture's src/. */
const SCRIPTS = ['worker', 'records', 'contract', 'example'];

/** Which of the sockets in the fixture's config.capnp: they differ in what requests may do for each other. */
export type Compatibility = 'today' | 'before2024';

export interface WorkerSettings {
  readonly DIRECTUS_URL: string;
  readonly TOKENKEEP_SECRET: string;
}

/** A running workerd. */
export interface Workers extends RunningProgram, AsyncDisposable {
  /** The origin of each socket. */
  readonly urls: Readonly<Record<string, string>>;
}

/** Builds the Worker if that is needed and runs it on a free port of 127.0.0.1. */
export async function startWorker({ DIRECTUS_URL, TOKENKEEP_SECRET }: WorkerSettings, compatibility: Compatibility): Promise<AdapterApp> {
  const workers = await startWorkerd({
    config: 'config.capnp',
    sockets: ['today', 'before2024'],
    env: { DIRECTUS_URL, TOKENKEEP_SECRET },
  });
  const url = workers.urls[compatibility] ?? '';
  return {
    url,
    async setClock(aheadMs) {
      await fetch(url, { method: 'PUT', body: String(aheadMs) });
    },
    [Symbol.asyncDispose]: () => workers[Symbol.asyncDispose](),
  };
}

/** One of the fixture's configurations. */
export interface WorkerdSettings {
  readonly config: string;
  /** All that it has; each gets a free port. */
  readonly sockets: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The folder of its Durable Objects. */
  readonly storage?: string;
}

/** Builds the fixture's scripts if that is needed and runs a configuration. */
export async function startWorkerd({ config, sockets, env = {}, storage }: WorkerdSettings): Promise<Workers> {
  await buildWorkers();
  const options = storage === undefined ? [] : [`--directory-path=storage=${storage}`];
  const program = await startProgram(join(root, 'node_modules', '.bin', 'workerd'), ['serve', '--control-fd=1', ...options, config], {
    cwd: join(root, FOLDER),
    env,
    // In whatever order they are told.
    ready: new RegExp(sockets.map((name) => `(?=[^]*"event":"listen","socket":"${name}","port":(\\d+))`).join('')),
  });
  return {
    ...program,
    urls: Object.fromEntries(sockets.map((name, at) => [name, `http://127.0.0.1:${program.ready[at + 1]}`])),
    [Symbol.asyncDispose]: () => program.stop(),
  };
}

/** What `startWorkerd` does first, for tests that have no time for it later. */
export async function buildWorkers(): Promise<void> {
  const files = {
    inputs: [
      `${FOLDER}/src`,
      `${FOLDER}/vite.config.ts`,
      'examples/fetch/server.ts',
      'js-tests/contract/adapter',
      'js/testing/store-contract',
      'package.json',
      'package-lock.json',
      'pkg',
    ],
    outputs: SCRIPTS.map((name) => `${FOLDER}/build/${name}.js`),
  };
  await unlessBuilt('fixture-worker', files, async () => {
    const cwd = join(root, FOLDER);
    await installTarball(join(cwd, 'node_modules', 'tokenkeep'));
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    for (const name of SCRIPTS) await runProgram(projectNode, [vite, 'build', '--mode', name], { cwd });
  });
}
