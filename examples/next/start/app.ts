/** The app of this folder, built and running. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
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

const FOLDER = 'examples/next';
const NEXT = join(root, 'node_modules', 'next', 'dist', 'bin', 'next');
const FIRST_PORT = 3000;
const START_LIMIT_MS = 20_000;

/** Builds the app if that is needed and starts it. */
export async function startApp(providerUrl: string): Promise<RunningApp> {
  const port = await firstFreePort(FIRST_PORT);
  linkPackage();
  await build();
  const child = spawn(projectNode, [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], {
    cwd: join(root, FOLDER),
    env: { ...environment(), DIRECTUS_URL: providerUrl, TOKENKEEP_SECRET: randomBytes(32).toString('base64') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').then(() => void process.off('exit', kill));
  await answers(port, () => child.exitCode !== null);
  return {
    url: `http://localhost:${port}`,
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

async function build(): Promise<void> {
  const inputs = ['app', 'lib', 'proxy.ts', 'package.json'].map((name) => `${FOLDER}/${name}`);
  const files = { inputs: [...inputs, 'pkg', 'package-lock.json'], outputs: [`${FOLDER}/.next/BUILD_ID`] };
  await unlessBuilt('example-next', files, () => step('building the example app (half a minute)', nextBuild));
}

async function nextBuild(): Promise<void> {
  const child = spawn(projectNode, [NEXT, 'build'], {
    cwd: join(root, FOLDER),
    env: environment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new UserError('the example app could not be built');
}

/** A mode that is set for something else would be taken for the app's. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_ENV, ...env } = process.env;
  return { ...env, NEXT_TELEMETRY_DISABLED: '1' };
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
