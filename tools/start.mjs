/** `npm start`: prepares the clone, then runs an example with a provider. `npm start -- --help` says which there are. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { projectNode, root, UserError, whenMain } from './process.mjs';
import { setup } from './setup.mjs';

/**
 * What each example can sign in with; the first is its default. `running` is the Directus of DIRECTUS_URL.
 *
 * @type {ReadonlyMap<string, readonly string[]>}
 */
const examples = new Map([
  ['sveltekit', ['standin', 'directus', 'running']],
  ['next', ['standin', 'directus']],
  ['astro', ['standin', 'directus', 'running']],
  ['fetch', ['standin', 'directus', 'running']],
  ['express', ['oidc']],
  ['browser', ['standin', 'directus', 'running']],
  ['sveltekit-authjs', ['oidc']],
]);
const names = [...examples.keys()].join(', ');

const HELP = `npm start -- [options]

Builds what is missing, starts a provider and an example app, shows the main job, and leaves the app running.

  --example NAME       ${names}; default: sveltekit
  --provider standin   the bundled stand-in for Directus: the default
  --provider directus  a real Directus 12 with SQLite, installed on first use
  --provider oidc      the certified oidc-provider, with express unless --example says sveltekit-authjs
  --once               ends after the main job; exit status 0 when it went as it should, otherwise 1

DIRECTUS_URL=http://… with DIRECTUS_EMAIL and DIRECTUS_PASSWORD uses a Directus that already runs (not with next).`;

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        example: { type: 'string' },
        provider: { type: 'string' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
  }
}

/**
 * The example and the provider that are meant.
 *
 * @param {{ example?: string | undefined, provider?: string | undefined }} wanted
 */
function choose({ example, provider }) {
  const name = example ?? (provider === 'oidc' ? 'express' : 'sveltekit');
  const providers = examples.get(name);
  if (!providers) throw new UserError(`there is no example "${name}", but ${names}`);
  const usual = process.env['DIRECTUS_URL'] && providers.includes('running') ? 'running' : providers[0];
  const chosen = provider ?? usual ?? '';
  if (!providers.includes(chosen)) {
    const known = providers.filter((one) => one !== 'running').join(', ');
    throw new UserError(`the example ${name} knows no provider "${chosen}", but ${known}`);
  }
  return { example: name, provider: chosen };
}

/**
 * @param {string[]} args of the project's own Node.js
 * @returns {Promise<number>} the exit status
 */
function runInForeground(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(projectNode, args, { cwd: root, stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.on(signal, () => child.kill(signal));
    }
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

whenMain(import.meta.url, async () => {
  const { help, once, ...wanted } = parse(process.argv.slice(2));
  if (help) return console.log(HELP);
  const { example, provider } = choose(wanted);
  await setup();
  process.exitCode = await runInForeground(['examples/start/main.ts', example, provider, ...(once ? ['--once'] : [])]);
});
