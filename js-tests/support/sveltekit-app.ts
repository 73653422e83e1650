/** A SvelteKit app of js-tests/sveltekit/fixtures, with the package as users install it: from the tarball. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { freePort, untilListening } from '../../tools/ports.mjs';
import { root } from '../../tools/process.mjs';

const run = promisify(execFile);

export interface RunningApp extends AsyncDisposable {
  readonly url: string;
  /** What the process has written to its standard error so far. */
  readonly errors: string;
}

/** Packs the package into the fixture's node_modules and builds it with adapter-node; the folder. `shared`: what else it is made from. */
export async function buildFixture(name: string, shared: string[] = []): Promise<string> {
  const path = `js-tests/sveltekit/fixtures/${name}`;
  const folder = join(root, path);
  const files = {
    inputs: [...shared, 'js-tests/sveltekit/fixtures/app.html', `${path}/src`, `${path}/vite.config.ts`, 'package.json', 'package-lock.json', 'pkg'],
    outputs: [`${path}/build/index.js`, `${path}/.svelte-kit/output/server/index.js`],
  };
  await unlessBuilt(`fixture-${name}`, files, async () => {
    await installTarball(join(folder, 'node_modules', 'tokenkeep'));
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const { DIRECTUS_URL, TOKENKEEP_SECRET, ...env } = process.env;
    await run(process.execPath, [vite, 'build'], { cwd: folder, env });
  });
  return folder;
}

/** Unpacks the package, as it would be published, into a folder. */
export async function installTarball(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', target];
  const { stdout } = await run('npm', args, { cwd: root });
  const name = /"filename": "(.+\.tgz)"/.exec(stdout)?.[1] ?? '';
  await run('tar', ['-xzf', join(target, name), '--strip-components=1', '-C', target]);
}

/** Starts a built app on a free port of 127.0.0.1. */
export async function startBuiltApp(folder: string, env: NodeJS.ProcessEnv): Promise<RunningApp> {
  const port = Number(env['PORT'] ?? (await freePort()));
  const child = spawn(process.execPath, ['build'], {
    cwd: folder,
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), SHUTDOWN_TIMEOUT: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  if (!(await untilListening(port, child))) throw new Error(`the app did not start:\n${errors}`);
  return {
    url: `http://127.0.0.1:${port}`,
    get errors() {
      return errors;
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** A page that was prerendered into a built app. */
export function prerendered(folder: string, page: string): Promise<string> {
  return readFile(join(folder, 'build', 'prerendered', `${page}.html`), 'utf8');
}
