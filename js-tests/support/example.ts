/** The example app as `npm start` runs it. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { root } from '../../tools/process.mjs';

export const SUMMARY = 'refreshes at the provider: 1, failed requests: 0, still signed in: yes';

/** `npm start -- …`, until it ends. */
export async function npmStart(args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; lines: string[] }> {
  const child = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, lines: `${output}${errors}`.trim().split('\n') };
}

export interface Example {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** Ends it as Ctrl+C does, with a signal to the whole group, and resolves with the exit status. */
  interrupt(): Promise<number>;
}

const INVITATION = /Open (\S+) and sign in(?: as (\S+) with the password (\S+)\.|;)/;

/** Starts an example, by default the one with the stand-in, and resolves when it invites a person to click. */
export async function startExample(args: string[] = []): Promise<Example> {
  const child = spawn(process.execPath, ['tools/start.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid && child.exitCode === null) process.kill(-child.pid, name);
  };
  const kill = () => signal('SIGKILL');
  process.once('exit', kill);
  const closed = once(child, 'close');
  void closed.then(() => process.off('exit', kill));
  const [, url = '', email = '', password = ''] = await invitation(child);
  return {
    url,
    email,
    password,
    async interrupt() {
      signal('SIGINT');
      return (await closed)[0];
    },
  };
}

/** Reads on after it, or the example could write no more. */
function invitation(child: ChildProcessByStdio<null, Readable, Readable>): Promise<RegExpExecArray> {
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        const found = INVITATION.exec(output);
        if (found) resolve(found);
      });
    }
    child.once('close', () => reject(new Error(`the example ended:\n${output}`)));
  });
}
