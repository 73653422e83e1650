/** examples/next, built by Next.js. It has no endpoint to ask, so its documents are what is asked for. */
import { buildApp, exampleFolder, firstFreePort, newSecret, packagePath, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import type { Start } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { byAccountPage, playMainJob } from '../main-job.ts';
import { signInByForm } from '../sign-in.ts';

const NEXT = packagePath('next', 'dist', 'bin', 'next');
/** A mode that is set for something else would be taken for the app's. */
const ENVIRONMENT = { NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: '1' };

export const start: Start = async (name, started) => {
  const provider = await started.add(startDirectus(name));
  const folder = exampleFolder('next');
  await buildApp('next', {
    folder,
    args: [NEXT, 'build'],
    env: ENVIRONMENT,
    inputs: ['app', 'lib', 'proxy.ts', 'tsconfig.json'],
    output: '.next/BUILD_ID',
  });
  const port = await firstFreePort(3000);
  const env = { ...ENVIRONMENT, DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: newSecret() };
  const app = await started.add(startApp(port, { folder, args: [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], env }));
  const signIn = (browser: Browser) => signInByForm(browser, provider);
  return { app, signIn: credentials(provider), play: () => playMainJob(app.url, provider, { ...byAccountPage(provider.email), signIn }) };
};
