/** Running other programs from tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramOptions {
  /** The folder that it runs in. */
  cwd: string;
  /** Added to the environment. */
  env?: NodeJS.ProcessEnv;
}

export interface ProgramOutput {
  stdout: string;
  stderr: string;
}

const LIMIT_MS = 180_000;

/** Runs a program to its end. Rejects with all its output when it fails. */
export function runProgram(program: string, args: string[], { cwd, env }: ProgramOptions): Promise<ProgramOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramOutput>();
  const child = spawn(program, args, { cwd, env: cleanEnvironment(env), timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: ProgramOutput = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  child.once('error', reject);
  child.once('close', (code, signal) => {
    if (code === 0) return resolve(output);
    reject(new Error(`${program} ${args.join(' ')}: ${signal ?? `exit status ${code}`}\n${output.stdout}${output.stderr}`));
  });
  return promise;
}

/** This process's environment without what a test runner, an `npm run` or a framework puts there. */
export function cleanEnvironment(added: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_|DENO_|VITE)/i.test(name));
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', ...added };
}

export interface RunningProgram {
  /** What `ready` matched in its output. */
  readonly ready: RegExpExecArray;
  /** Everything it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a server and resolves when its output matches `ready`. It is gone with this process, or with `stop`. */
export async function startProgram(
  program: string,
  args: string[],
  { cwd, env, ready }: ProgramOptions & { ready: RegExp },
): Promise<RunningProgram> {
  const child = spawn(program, args, { cwd, env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let output = '';
  const ended = once(child, 'close').then(() => void process.off('exit', kill));
  const matched = new Promise<RegExpExecArray>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const match = ready.exec(output);
        if (match) resolve(match);
      });
    }
    ended.then(() => reject(new Error(`${program} ${args.join(' ')} ended before it was ready:\n${output}`)), reject);
  });
  return {
    ready: await matched,
    output: () => output,
    async stop() {
      kill();
      await ended;
    },
  };
}
