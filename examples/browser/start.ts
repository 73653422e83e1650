/**
 * `npm start -- --example browser`: builds this page and serves it, with a provider under `/directus`.
 *
 *   --provider standin   the bundled stand-in (default)
 *   --provider directus  a real Directus 12 with SQLite, installed on first use
 *   --once               end when the page and the provider have answered; exit status 0
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';
import { root as repository, step } from '../../tools/process.mjs';
import { startProvider } from '../sveltekit/start/provider.ts';

const root = import.meta.dirname;

/** The link that `npm install` in this folder would make. */
function linkPackage(): void {
  const link = join(root, 'node_modules', 'tokenkeep');
  if (existsSync(link)) return;
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(repository, link, 'junction');
}

const { values } = parseArgs({
  options: { provider: { type: 'string', default: 'standin' }, once: { type: 'boolean', default: false } },
});
const provider = await startProvider(values.provider);
linkPackage();
await step('building the page', () => build({ root, logLevel: 'warn' }));
const proxy = { '/directus': { target: provider.url, rewrite: (path: string) => path.slice('/directus'.length) } };
const server = await preview({ root, logLevel: 'warn', preview: { host: '127.0.0.1', port: 5273, proxy } });
const url = server.resolvedUrls?.local[0] ?? '';

async function close(): Promise<void> {
  await server.close();
  await provider.stop();
}

if (values.once) {
  const answers = await Promise.all([url, `${url}directus/server/ping`].map((address) => fetch(address)));
  process.exitCode = answers.every(({ ok }) => ok) ? 0 : 1;
  await close();
} else {
  console.log(`\n  Open ${url} and sign in as ${provider.email} with the password ${provider.password}.\n  Ctrl+C ends it.\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void close().then(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
  }
}
