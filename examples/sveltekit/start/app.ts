/** The app of this folder, built and running. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unlessBuilt } from '../../../tools/fingerprint.mjs';
import { listens } from '../../../tools/ports.mjs';
import { projectNode, root, step, UserError } from '../../../tools/process.mjs';

export interface RunningApp {
  /** Its origin, as a browser is to write it. */
  readonly url: string;
  /** When its process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = 'examples/sveltekit';
const FIRST_PORT = 5173;
const START_LIMIT_MS = 20_000;

/** Builds the app if that is needed and starts it. */
export async function startApp(providerUrl: string, controlUrl: string): Promise<RunningApp> {
  const port = await firstFreePort(FIRST_PORT);
  const url = `http://localhost:${port}`;
  linkPackage();
  await build(url);
  const child = spawn(projectNode, ['build'], {
    cwd: join(root, FOLDER),
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(port),
      SHUTDOWN_TIMEOUT: '1',
      DIRECTUS_URL: providerUrl,
      DEMO_CONTROL_URL: controlUrl,
      TOKENKEEP_SECRET: randomBytes(32).toString('base64'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').then(() => void process.off('exit', kill));
  await answers(port, () => child.exitCode !== null);
  return {
    url,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The link that `npm install` in the app's folder would make; the other packages are the repository's. */
function linkPackage(): void {
  const link = join(root, FOLDER, 'node_modules', 'tokenkeep');
  if (existsSync(link)) return;
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(root, link, 'junction');
}

/** SvelteKit puts the origin into the build, so another port is another build. */
async function build(origin: string): Promise<void> {
  const originFile = '.cache/example-sveltekit-origin';
  writeFileSync(join(root, originFile), origin);
  const inputs = ['src', 'package.json', 'vite.config.ts'].map((name) => `${FOLDER}/${name}`);
  const files = {
    inputs: [...inputs, 'pkg', 'package-lock.json', originFile],
    outputs: [`${FOLDER}/build/index.js`],
  };
  await unlessBuilt('example-sveltekit', files, () =>
    step('building the example app (a few seconds)', () => viteBuild(origin)),
  );
}

async function viteBuild(origin: string): Promise<void> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(projectNode, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, FOLDER),
    env: { ...process.env, ORIGIN: origin },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new UserError('the example app could not be built');
}

/** The first port that nothing listens on; browsers try both addresses of localhost. */
async function firstFreePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) {
    const taken = await Promise.all(['127.0.0.1', '::1'].map((host) => listens(port, host)));
    if (!taken.includes(true)) return port;
  }
  throw new UserError(`no port from ${first} to ${first + 99} is free`);
}

async function answers(port: number, failed: () => boolean): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await listens(port))) {
    if (failed() || Date.now() > deadline) throw new UserError('the example app did not start');
    await delay(50);
  }
}
