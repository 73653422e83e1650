/** examples/fetch: `server.ts` with Directus, `oidc-server.ts` with oidc-provider. */
import { freePort } from '../../../tools/ports.mjs';
import { exampleFolder, newSecret, type RunningApp, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import type { Demonstration, Start, Started } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { byReport, playMainJob } from '../main-job.ts';
import { startOidc, USER } from '../oidc.ts';
import { signInAtProvider, signInByForm } from '../sign-in.ts';

export const start: Start = (name, started) => (name === 'oidc' ? withOidc(started) : withDirectus(name, started));

async function withDirectus(name: string, started: Started): Promise<Demonstration> {
  const port = await freePort();
  const provider = await started.add(startDirectus(name));
  const app = await started.add(startServer('server.ts', port, { DIRECTUS_URL: provider.url }));
  const signIn = (browser: Browser) => signInByForm(browser, provider);
  return { app, signIn: credentials(provider), play: () => playMainJob(app.url, provider, { ...byReport, signIn }) };
}

async function withOidc(started: Started): Promise<Demonstration> {
  const port = await freePort();
  const provider = await started.add(startOidc({ app: `http://localhost:${port}` }));
  const env = {
    OIDC_ISSUER: provider.url,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    API_URL: `${provider.url}/api`,
  };
  const app = await started.add(startServer('oidc-server.ts', port, env));
  const signIn = (browser: Browser) => signInAtProvider(browser, '/login');
  return { app, signIn: ` as ${USER} with any password`, play: () => playMainJob(app.url, provider, { ...byReport, signIn }) };
}

function startServer(script: string, port: number, env: NodeJS.Dict<string>): Promise<RunningApp> {
  const environment = { ...env, PORT: String(port), TOKENKEEP_SECRET: newSecret() };
  return startApp(port, { folder: exampleFolder('fetch'), args: [script], env: environment });
}
