/** A Vite project with the packed package in it, served to a browser. Vite has no configuration. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectNode } from '../../tools/process.mjs';
import { runProgram, startProgram } from './program.ts';
import { installProject } from './project.ts';

export interface PageServer {
  readonly url: string;
  /** The folder of the project. */
  readonly project: string;
  stop(): Promise<void>;
}

const FIXTURE = fileURLToPath(new URL('../browser/fixtures/page', import.meta.url));

/** Serves the page of `fixtures/page`. `prepare` may change the project first. */
export async function servePage(
  how: 'build' | 'dev',
  { name = 'page', prepare }: { name?: string; prepare?: (project: string) => Promise<void> } = {},
): Promise<PageServer> {
  const project = await installProject(name, FIXTURE);
  await prepare?.(project);
  const vite = (...args: string[]) => [join(project, 'node_modules', 'vite', 'bin', 'vite.js'), ...args];
  if (how === 'build') await runProgram(projectNode, vite('build', '--logLevel', 'warn'), { cwd: project });
  // What an earlier run has prebundled need not be what is installed now.
  else await rm(join(project, 'node_modules', '.vite'), { recursive: true, force: true });
  const serve = how === 'build' ? ['preview'] : ['dev'];
  const ready = /http:\/\/127\.0\.0\.1:\d+/;
  const args = vite(...serve, '--host', '127.0.0.1', '--port', '0');
  const server = await startProgram(projectNode, args, { cwd: project, ready });
  return { url: `${server.ready[0]}/`, project, stop: () => server.stop() };
}
