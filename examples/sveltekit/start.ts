/**
 * `npm start`: runs this app with a provider, and shows the main job on the terminal.
 *
 *   --provider standin   the bundled stand-in (default)
 *   --provider directus  a real Directus 12 with SQLite, installed on first use
 *   --once               end after the scenario; exit status 0 when it went as it should, otherwise 1
 *
 * DIRECTUS_URL, with DIRECTUS_EMAIL and DIRECTUS_PASSWORD, uses a Directus that already runs.
 */
import { parseArgs } from 'node:util';
import { UserError } from '../../tools/process.mjs';
import { type RunningApp, startApp } from './start/app.ts';
import { startControl } from './start/control.ts';
import { say } from './start/lines.ts';
import { type Provider, startProvider } from './start/provider.ts';
import { runScenario } from './start/scenario.ts';

const closing: Array<() => Promise<void>> = [];

async function main(): Promise<boolean> {
  const { provider: name, once } = options();
  const provider = await started(startProvider(name), (running) => running.stop());
  const control = await started(startControl(provider.proxy), (running) => running.close());
  const app = await started(startApp(provider.url, control.url), (running) => running.stop());
  say(`the app answers at ${app.url}`);
  const succeeded = await runScenario(app.url, provider);
  if (once) return succeeded;
  invite(app, provider);
  await app.ended;
  return succeeded;
}

/** What the command line and the environment ask for. */
function options(): { provider: string; once: boolean } {
  const { values } = parseArgs({
    options: { provider: { type: 'string' }, once: { type: 'boolean', default: false } },
  });
  const running = process.env['DIRECTUS_URL'] ? 'running' : 'standin';
  const provider = values.provider ?? running;
  if (!['standin', 'directus', 'running'].includes(provider)) {
    throw new UserError(`--provider is standin or directus, not "${provider}"`);
  }
  return { provider, once: values.once };
}

/** Notes how to end what has been started. */
async function started<T>(starting: Promise<T>, stop: (running: T) => Promise<void>): Promise<T> {
  const running = await starting;
  closing.unshift(() => stop(running));
  return running;
}

async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close().catch(() => {});
}

function invite({ url }: RunningApp, { email, password, secretive }: Provider): void {
  const credentials = secretive ? `as ${email}` : `as ${email} with the password ${password}`;
  console.log(`\n  Open ${url} and sign in ${credentials}.\n  Ctrl+C ends it.\n`);
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
