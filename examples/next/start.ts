/**
 * `npm start -- --example next`: runs this app with a provider, and shows the main job on the terminal.
 *
 *   --provider standin   the bundled stand-in (default)
 *   --provider directus  a real Directus 12 with SQLite, installed on first use
 *   --once               end after the scenario; exit status 0 when it went as it should, otherwise 1
 */
import { parseArgs } from 'node:util';
import { UserError } from '../../tools/process.mjs';
import { say } from '../sveltekit/start/lines.ts';
import { startProvider } from '../sveltekit/start/provider.ts';
import { startApp } from './start/app.ts';
import { runScenario } from './start/scenario.ts';

const closing: Array<() => Promise<void>> = [];

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { provider: { type: 'string', default: 'standin' }, once: { type: 'boolean', default: false } },
  });
  const provider = await started(startProvider(values.provider));
  const app = await started(startApp(provider.url));
  say(`the app answers at ${app.url}`);
  const succeeded = await runScenario(app.url, provider);
  if (values.once) return succeeded;
  console.log(`\n  Open ${app.url} and sign in as ${provider.email} with the password ${provider.password}.\n  Ctrl+C ends it.\n`);
  await app.ended;
  return succeeded;
}

/** Notes how to end what has been started. */
async function started<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  closing.unshift(() => running.stop());
  return running;
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
