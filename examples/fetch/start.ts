/**
 * `npm start -- --example fetch`: runs `server.ts` with a provider, and shows the main job on the terminal.
 * The options are those of examples/sveltekit, whose providers and scenario these are; `--provider oidc` runs
 * `oidc-server.ts` with the certified oidc-provider.
 */
import { parseArgs } from 'node:util';
import { UserError } from '../../tools/process.mjs';
import { say } from '../sveltekit/start/lines.ts';
import { startProvider } from '../sveltekit/start/provider.ts';
import { runScenario } from '../sveltekit/start/scenario.ts';
import { startApp } from './start/app.ts';
import { startOidc } from './start/oidc.ts';

const closing: Array<() => Promise<void>> = [];

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { provider: { type: 'string' }, once: { type: 'boolean', default: false } },
  });
  const { provider, app: options } = values.provider === 'oidc' ? await startOidc() : await startDirectus(values.provider);
  closing.unshift(() => provider.stop());
  const app = await startApp(options);
  closing.unshift(() => app.stop());
  say(`the app answers at ${app.url}`);
  const succeeded = await runScenario(app.url, provider);
  if (values.once) return succeeded;
  const { email, password, secretive } = provider;
  const credentials = secretive ? `as ${email}` : `as ${email} with the password ${password}`;
  console.log(`\n  Open ${app.url} and sign in ${credentials}.\n  Ctrl+C ends it.\n`);
  await app.ended;
  return succeeded;
}

/** `--provider standin|directus`, or the one of DIRECTUS_URL; `server.ts` signs in there. */
async function startDirectus(name = process.env['DIRECTUS_URL'] ? 'running' : 'standin') {
  const provider = await startProvider(name);
  return { provider, app: { script: 'server.ts', env: { DIRECTUS_URL: provider.url } } };
}

async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close().catch(() => {});
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void closeAll().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UserError ? `tokenkeep: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await closeAll();
}
