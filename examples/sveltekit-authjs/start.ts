/**
 * `npm start -- --example sveltekit-authjs`: runs this app with a strict OpenID provider of its own.
 *
 *   --once  end after the scenario; exit status 0 when it went as it should, otherwise 1
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startFaultProxy } from '../../js/testing.ts';
import { startOidcProvider } from '../../js-tests/support/oidc-provider.ts';
import { buildAuthjsApp } from '../../tools/authjs/install.mjs';
import { freePort, listens } from '../../tools/ports.mjs';
import { projectNode, UserError } from '../../tools/process.mjs';
import { runScenario } from './start/scenario.ts';

/** Seconds: short enough to wait for. */
const ACCESS_TOKEN_TTL = 6;
const START_LIMIT_MS = 20_000;

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
const folder = await buildAuthjsApp('examples/sveltekit-authjs', 'example');
const port = await freePort();
const url = `http://localhost:${port}`;
const oidc = await startOidcProvider({
  accessTokenTtl: ACCESS_TOKEN_TTL,
  redirectUri: `${url}/auth/callback/demo`,
  user: 'user',
});
const proxy = await startFaultProxy(oidc.url);
const app = spawn(projectNode, ['build'], {
  cwd: folder,
  env: {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    ORIGIN: url,
    SHUTDOWN_TIMEOUT: '1',
    AUTH_SECRET: randomBytes(32).toString('base64'),
    ISSUER: oidc.url,
    TOKEN_ENDPOINT: `${proxy.url}/token`,
    REVOCATION_ENDPOINT: `${proxy.url}/token/revocation`,
    CLIENT_ID: oidc.clientId,
    CLIENT_SECRET: oidc.clientSecret,
    API_URL: `${oidc.url}/api/me`,
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const ended = once(app, 'close');
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.kill('SIGTERM'));
process.once('exit', () => void app.kill('SIGKILL'));

try {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await listens(port))) {
    if (app.exitCode !== null || Date.now() > deadline) throw new UserError('the example app did not start');
    await delay(50);
  }
  const refreshes = () => proxy.counts['POST /token'] ?? 0;
  process.exitCode = (await runScenario(url, ACCESS_TOKEN_TTL, refreshes)) ? 0 : 1;
  if (!values.once) {
    console.log(`\n  Open ${url} and sign in; the provider asks for no password.\n  Ctrl+C ends it.\n`);
    await ended;
  }
} catch (error) {
  console.error(error instanceof UserError ? `tokenkeep: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  app.kill('SIGTERM');
  await ended;
  await Promise.all([proxy.close(), oidc.close()]);
}
