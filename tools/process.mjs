/**
 * Running other programs. Everything in tools/ is plain JavaScript without dependencies, because it
 * runs on the system's Node before anything is installed.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The Node.js that the project runs on: the npm devDependency `node`, whatever the system has. */
export const projectNode = join(root, 'node_modules', '.bin', 'node');

/** A failure whose message says everything the person needs; it is shown without a stack. */
export class UserError extends Error {}

/** @typedef {{ code: number, output: string }} Result */

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd] Default: the repository's folder.
 * @property {NodeJS.ProcessEnv} [env] Added to the environment; `undefined` removes a variable.
 * @property {'show' | 'tee' | 'hide'} [output] `tee` shows and collects, `hide` only collects.
 */

/**
 * Runs a program and waits for it.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Result>} `output` is what was collected of stdout and stderr.
 */
export function attempt(command, args, { cwd = root, env = {}, output = 'show' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: output === 'show' ? 'inherit' : ['inherit', 'pipe', 'pipe'],
    });
    let collected = '';
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from?.setEncoding('utf8').on('data', (text) => {
        collected += text;
        if (output === 'tee') to.write(text);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: collected }));
  });
}

/**
 * Like {@link attempt}, but a failure is an error that shows the output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export async function run(command, args, options) {
  const { code, output } = await attempt(command, args, options);
  if (code === 0) return output;
  if (options?.output === 'hide') process.stderr.write(output);
  throw new UserError(`failed (exit status ${code}): ${command} ${args.join(' ')}`);
}

/**
 * Says what is being done, keeps saying so while it lasts, and returns what it returned.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  console.log(`tokenkeep: ${title}`);
  const started = performance.now();
  const heartbeat = setInterval(() => {
    console.log(`tokenkeep: ${title} (${seconds(started)} so far)`);
  }, 10_000);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    console.log(`tokenkeep: ${title}: ${seconds(started)}`);
  }
}

/**
 * The time since `started`, for a person.
 *
 * @param {number} started from `performance.now()`
 */
export function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/**
 * Where a command is, or undefined.
 *
 * @param {string} command
 */
export function findCommand(command) {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The PATH without this project's own programs, which `npm run` puts in front. */
export function systemPath() {
  const own = join(root, 'node_modules') + sep;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.filter((folder) => !`${folder}${sep}`.startsWith(own)).join(delimiter);
}

/**
 * Runs `work` when the calling module is the program itself, not an import.
 *
 * @param {string} moduleUrl `import.meta.url`
 * @param {() => Promise<void>} work
 */
export function whenMain(moduleUrl, work) {
  const program = process.argv[1];
  if (program === undefined || moduleUrl !== pathToFileURL(realpathSync(program)).href) return;
  work().catch((error) => {
    console.error(error instanceof UserError ? `tokenkeep: ${error.message}` : error);
    process.exitCode = 1;
  });
}
