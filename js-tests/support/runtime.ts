/** Running one file in each runtime that the package supports. */
import { runtimes } from '../../tools/runtimes/install.mjs';
import { runProgram, startProgram } from './program.ts';
import type { ProgramOptions, ProgramOutput, RunningProgram } from './program.ts';

export type Runtime = keyof typeof runtimes;

const COMMAND: Record<Runtime, string[]> = {
  'node-22': [],
  'node-24': [],
  deno: ['run', '--quiet', '--allow-all', '--no-remote'],
  bun: ['run'],
};

/** Runs `file` of the project in `cwd` to its end. `installRuntimes` must have resolved. */
export function runIn(runtime: Runtime, file: string, { cwd, args = [] }: { cwd: string; args?: string[] }): Promise<ProgramOutput> {
  return runProgram(runtimes[runtime], [...COMMAND[runtime], file, ...args], { cwd });
}

interface ServerOptions extends ProgramOptions {
  readonly ready: RegExp;
  /** The runtime's own, before the file. */
  readonly options?: readonly string[];
}

/** Starts `file`, a server; resolves when its output matches `ready`. */
export function startIn(runtime: Runtime, file: string, { options = [], ...program }: ServerOptions): Promise<RunningProgram> {
  return startProgram(runtimes[runtime], [...COMMAND[runtime], ...options, file], program);
}
