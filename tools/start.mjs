/**
 * `npm start`: prepares the clone, then runs an example.
 *
 *   npm start -- [--example NAME] [options of the example]
 *
 * The calling convention: examples/NAME/start.ts (default: sveltekit) is run by the project's own
 * Node.js, in the repository's folder, with every argument but `--example NAME`. It understands
 * `--once` (end after the scenario; exit status 0 or 1) and `--provider standin|directus`; the fetch example, which
 * is the default for it, also `--provider oidc`. SIGINT
 * and SIGTERM reach it, its exit status becomes ours.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectNode, root, UserError, whenMain } from './process.mjs';
import { setup } from './setup.mjs';

/**
 * Whether the provider is one that examples/sveltekit, with its login form, has no use for.
 *
 * @param {string[]} args
 */
function signsInByRedirect(args) {
  return args[args.indexOf('--provider') + 1] === 'oidc' || args.includes('--provider=oidc');
}

/** @param {string[]} args */
function takeExample(args) {
  const at = args.indexOf('--example');
  if (at === -1) return { example: signsInByRedirect(args) ? 'fetch' : 'sveltekit', rest: args };
  return { example: args[at + 1] ?? '', rest: args.toSpliced(at, 2) };
}

/**
 * @param {string} script
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
function runInForeground(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(projectNode, [script, ...args], { cwd: root, stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

whenMain(import.meta.url, async () => {
  const { example, rest } = takeExample(process.argv.slice(2));
  const script = join('examples', example, 'start.ts');
  if (!existsSync(join(root, script))) throw new UserError(`there is no example "${example}"`);
  await setup();
  process.exitCode = await runInForeground(script, rest);
});
