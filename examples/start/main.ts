/** `main.ts EXAMPLE PROVIDER [--once]`: what `npm start` runs when the clone is ready. tools/start.mjs knows the words. */
import { UserError } from '../../tools/process.mjs';
import { type Start, Started } from './demonstration.ts';
import { say } from './lines.ts';

const examples: Readonly<Record<string, () => Promise<{ start: Start }>>> = {
  astro: () => import('./apps/astro.ts'),
  browser: () => import('./apps/browser.ts'),
  express: () => import('./apps/express.ts'),
  fetch: () => import('./apps/fetch.ts'),
  next: () => import('./apps/next.ts'),
  sveltekit: () => import('./apps/sveltekit.ts'),
  'sveltekit-authjs': () => import('./apps/sveltekit-authjs.ts'),
};

const started = new Started();

async function main([example = '', provider = '', once]: string[]): Promise<boolean> {
  const load = examples[example];
  if (!load) throw new UserError(`there is no example "${example}"`);
  const { start } = await load();
  const { app, play, signIn } = await start(provider, started);
  say(`the app answers at ${app.url}`);
  const succeeded = await play();
  if (once) return succeeded;
  console.log(`\n  Open ${app.url} and sign in${signIn}.\n  Ctrl+C ends it.\n`);
  await app.ended;
  return succeeded;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void started.stop().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(error instanceof UserError ? `tokenkeep: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await started.stop();
}
