/** The Next.js app of js-tests/next/fixtures/app, with the packed package, outside this repository, built in several ways. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fingerprint } from '../../tools/fingerprint.mjs';
import { freePort } from '../../tools/ports.mjs';
import { projectNode, root } from '../../tools/process.mjs';
import type { RunningProgram } from './program.ts';
import { runProgram, startProgram } from './program.ts';
import { installProject, projectFolder } from './project.ts';

/** A way to build it. All of them stand beside each other in one project, each in a `distDir` of its own. */
export interface Variant {
  readonly bundler: 'turbopack' | 'webpack';
  /** `edge`: with `middleware.ts` on the edge runtime in place of `proxy.ts`. */
  readonly runtime: 'node' | 'edge';
  readonly standalone?: boolean;
  /** Below which path of its host the app is. */
  readonly basePath?: string;
}

/** What people have who do nothing about it. */
export const REFERENCE: Variant = { bundler: 'turbopack', runtime: 'node' };

export interface RunningNextApp extends AsyncDisposable {
  readonly url: string;
  output(): string;
}

const PATH = 'js-tests/next/fixtures';
const SHARED = ['js-tests/contract/adapter/web-routes.ts', 'js-tests/contract/adapter/events.ts'];
const NEXT = join('node_modules', 'next', 'dist', 'bin', 'next');
const READY = /- Local: +(http:\/\/127\.0\.0\.1:\d+)[\s\S]*Ready/;

/** Builds it unless that was done already with the same files. */
export async function buildNextApp(variant: Variant): Promise<string> {
  const folder = await project();
  const stamp = join(folder, distDir(variant), 'built');
  if (existsSync(stamp)) return folder;
  rmSync(join(folder, distDir(variant)), { recursive: true, force: true });
  useRuntime(folder, variant);
  const args = [NEXT, 'build', ...(variant.bundler === 'webpack' ? ['--webpack'] : [])];
  const types = variant === REFERENCE ? { TYPES: 'checked' } : {};
  await runProgram(projectNode, args, { cwd: folder, env: { ...settings(variant), ...types } });
  writeFileSync(stamp, '');
  return folder;
}

/** Starts a built one: with `next start`, or the server that `output: 'standalone'` made, away from its project. */
export async function startNextApp(folder: string, variant: Variant, env: NodeJS.ProcessEnv): Promise<RunningNextApp> {
  const port = String(await freePort());
  const command = variant.standalone ? ['server.js'] : [NEXT, 'start', '-H', '127.0.0.1', '-p', port];
  const app = await startProgram(projectNode, command, {
    cwd: variant.standalone ? deployed(join(folder, distDir(variant), 'standalone')) : folder,
    env: { ...settings(variant), ...env, HOSTNAME: '127.0.0.1', PORT: port },
    ready: READY,
  });
  return running(app, variant);
}

/** A copy outside the project, whose packages it must not find. */
function deployed(standalone: string): string {
  const folder = projectFolder('next-standalone');
  rmSync(folder, { recursive: true, force: true });
  cpSync(standalone, folder, { recursive: true });
  return folder;
}

function running(app: RunningProgram, { basePath = '' }: Variant): RunningNextApp {
  return { url: `${app.ready[1]}${basePath}`, output: () => app.output(), [Symbol.asyncDispose]: () => app.stop() };
}

/** The project with its packages. New files make a new one, without builds. */
async function project(): Promise<string> {
  const inputs = fingerprint([PATH, ...SHARED, 'package.json', 'package-lock.json', 'pkg']);
  const stamp = join(projectFolder('next'), 'inputs');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return projectFolder('next');
  const folder = await installProject('next', fileURLToPath(new URL('../next/fixtures/app', import.meta.url)));
  mkdirSync(join(folder, 'contract'));
  for (const file of SHARED) {
    const source = readFileSync(join(root, file), 'utf8');
    writeFileSync(join(folder, 'contract', basename(file)), source.replace(/'..\/..\/..\/js\/\w+\.ts'/, "'tokenkeep'"));
  }
  writeFileSync(stamp, inputs);
  return folder;
}

/** Next takes one of `proxy.ts` and `middleware.ts`, and adds what it generates to `tsconfig.json`. */
function useRuntime(folder: string, { runtime }: Variant): void {
  const fixture = fileURLToPath(new URL('../next/fixtures/', import.meta.url));
  for (const path of ['proxy.ts', 'middleware.ts', 'app/edge']) rmSync(join(folder, path), { recursive: true, force: true });
  for (const path of ['tsconfig.json', 'proxy.ts', 'lib/store.ts']) cpSync(join(fixture, 'app', path), join(folder, path));
  if (runtime === 'node') return;
  rmSync(join(folder, 'proxy.ts'));
  cpSync(join(fixture, 'edge'), folder, { recursive: true });
}

/** Where its output is, in the project. */
export function distDir({ bundler, runtime, standalone = false }: Variant): string {
  return `.next-${bundler}-${runtime}${standalone ? '-standalone' : ''}`;
}

function settings(variant: Variant): NodeJS.ProcessEnv {
  return {
    NEXT_TELEMETRY_DISABLED: '1',
    DIST_DIR: distDir(variant),
    OUTPUT: variant.standalone ? 'standalone' : undefined,
    BASE_PATH: variant.basePath,
  };
}
