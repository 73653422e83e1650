/** The app of this folder, running in the project's own Node.js. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectNode, root, UserError } from '../../../tools/process.mjs';

export interface RunningApp {
  /** Its origin, as a browser is to write it. */
  readonly url: string;
  /** When its process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const FOLDER = 'examples/fetch';

/** Another app of this folder, and what its environment has beside the secret. */
export interface AppOptions {
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts the app, on a free port unless its environment names one. */
export async function startApp({ script, env }: AppOptions): Promise<RunningApp> {
  linkPackage();
  const TOKENKEEP_SECRET = randomBytes(32).toString('base64');
  const child = spawn(projectNode, [script], {
    cwd: join(root, FOLDER),
    env: { ...process.env, PORT: '0', ...env, TOKENKEEP_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').then(() => void process.off('exit', kill));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^listening on (\S+)$/.exec(line) ?? [];
    if (url) return { url, ended, stop: () => (kill(), ended) };
  }
  throw new UserError('the example app did not start');
}

/** The link that `npm install` in the app's folder would make. */
function linkPackage(): void {
  const link = join(root, FOLDER, 'node_modules', 'tokenkeep');
  if (existsSync(link)) return;
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(root, link, 'junction');
}
