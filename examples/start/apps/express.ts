/** examples/express, with oidc-provider. */
import { freePort } from '../../../tools/ports.mjs';
import { exampleFolder, newSecret, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import type { Start } from '../demonstration.ts';
import { byReport, playMainJob } from '../main-job.ts';
import { startOidc, USER } from '../oidc.ts';
import { signInAtProvider } from '../sign-in.ts';

export const start: Start = async (_, started) => {
  const port = await freePort();
  const provider = await started.add(startOidc({ app: `http://localhost:${port}` }));
  const env = {
    OIDC_ISSUER: provider.url,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    API_URL: `${provider.url}/api`,
    TOKENKEEP_SECRET: newSecret(),
    PORT: String(port),
  };
  const app = await started.add(startApp(port, { folder: exampleFolder('express'), args: ['server.ts'], env }));
  const signIn = (browser: Browser) => signInAtProvider(browser, '/login');
  return { app, signIn: ` as ${USER} with any password`, play: () => playMainJob(app.url, provider, { ...byReport, signIn }) };
};
