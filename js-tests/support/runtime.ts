/** Running one file in each runtime that the package supports. */
import { runtimes } from '../../tools/runtimes/install.mjs';
import { runProgram } from './program.ts';
import type { ProgramOutput } from './program.ts';

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
