/** The app of an example: built, and running in the project's own Node.js. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { listens, untilListening } from '../../tools/ports.mjs';
import { projectNode, root, step, UserError } from '../../tools/process.mjs';

export interface RunningApp {
  /** Its origin, as a browser is to write it. */
  readonly url: string;
  /** When its process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A program of the app. */
interface Program {
  /** The folder that it runs in, absolute. */
  readonly folder: string;
  /** What Node.js is told to run. */
  readonly args: readonly string[];
  /** Added to the environment; `undefined` removes a variable. */
  readonly env: NodeJS.Dict<string>;
}

/** What builds an app. */
interface Build extends Program {
  /** What is built from, in the folder. */
  readonly inputs: readonly string[];
  /** A file that is there when it is built, in the folder. */
  readonly output: string;
}

/** The folder of an example, in which the package is found. */
export function exampleFolder(name: string): string {
  const folder = join(root, 'examples', name);
  linkPackage(join(folder, 'node_modules', 'tokenkeep'));
  return folder;
}

/** The link that `npm install` in the app's folder would make; the other packages are the repository's. */
function linkPackage(link: string): void {
  if (existsSync(link)) return;
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(root, link, 'junction');
}

/** A path of a package that the repository has. */
export function packagePath(...path: string[]): string {
  return join(root, 'node_modules', ...path);
}

export const newSecret = () => randomBytes(32).toString('base64');

/** Builds an example unless that was done already with the same files and environment. */
export async function buildApp(name: string, { inputs, output, env, ...program }: Build): Promise<void> {
  const environment = `.cache/example-${name}-env`;
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, environment), JSON.stringify(env));
  const own = [...inputs, 'package.json'].map((path) => `examples/${name}/${path}`);
  const files = {
    inputs: [...own, 'examples/style.css', 'pkg', 'package-lock.json', environment],
    outputs: [`examples/${name}/${output}`],
  };
  await unlessBuilt(`example-${name}`, files, () =>
    step('building the example app (up to half a minute)', async () => {
      const [code] = await once(run({ ...program, env }), 'close');
      if (code !== 0) throw new UserError('the example app could not be built');
    }),
  );
}

/** Starts a program that serves the app at `port` of localhost, and resolves when it does. */
export async function startApp(port: number, program: Program): Promise<RunningApp> {
  const child = run(program);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').then(() => void process.off('exit', kill));
  if (!(await untilListening(port, child))) throw new UserError('the example app did not start');
  return {
    url: `http://localhost:${port}`,
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function run({ folder, args, env }: Program) {
  const environment = { ...process.env, ...env };
  return spawn(projectNode, args, { cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The first port that nothing listens on; browsers try both addresses of localhost. */
export async function firstFreePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) {
    const taken = await Promise.all(['127.0.0.1', '::1'].map((host) => listens(port, host)));
    if (!taken.includes(true)) return port;
  }
  throw new UserError(`no port from ${first} to ${first + 99} is free`);
}
