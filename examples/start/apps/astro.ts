/** examples/astro, built where Astro is. */
import { buildAstroApp } from '../../../tools/astro/install.mjs';
import { firstFreePort, newSecret, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import type { Start } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { byAccountPage, type MainJob, playMainJob } from '../main-job.ts';
import { signInByForm } from '../sign-in.ts';

export const start: Start = async (name, started) => {
  const provider = await started.add(startDirectus(name));
  const folder = await buildAstroApp('examples/astro', 'example');
  const port = await firstFreePort(4321);
  const env = { HOST: '127.0.0.1', PORT: String(port), DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: newSecret() };
  const app = await started.add(startApp(port, { folder, args: ['dist/server/entry.mjs'], env }));
  const job: MainJob = {
    ...byAccountPage(provider.email),
    signIn: (browser: Browser) => signInByForm(browser, provider),
    async expiresAt(browser) {
      const page = await (await browser.send('/account')).text();
      return Number(/data-expires-at="(\d+)"/.exec(page)?.[1]);
    },
  };
  return { app, signIn: credentials(provider), play: () => playMainJob(app.url, provider, job) };
};
