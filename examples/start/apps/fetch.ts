/** examples/fetch, with a Directus. */
import { freePort } from '../../../tools/ports.mjs';
import { exampleFolder, newSecret, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import type { Start } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { byReport, playMainJob } from '../main-job.ts';
import { signInByForm } from '../sign-in.ts';

export const start: Start = async (name, started) => {
  const port = await freePort();
  const provider = await started.add(startDirectus(name));
  const env = { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: newSecret(), PORT: String(port) };
  const app = await started.add(startApp(port, { folder: exampleFolder('fetch'), args: ['server.ts'], env }));
  const signIn = (browser: Browser) => signInByForm(browser, provider);
  return { app, signIn: credentials(provider), play: () => playMainJob(app.url, provider, { ...byReport, signIn }) };
};
