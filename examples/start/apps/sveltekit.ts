/** examples/sveltekit, built with adapter-node. Its panel may break the provider. */
import { buildApp, exampleFolder, firstFreePort, newSecret, packagePath, startApp } from '../app.ts';
import type { Browser } from '../browser.ts';
import { startControl } from '../control.ts';
import type { Start } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { byReport, playMainJob } from '../main-job.ts';
import { signInByForm } from '../sign-in.ts';

export const start: Start = async (name, started) => {
  const provider = await started.add(startDirectus(name));
  const control = await started.add(startControl(provider.proxy));
  const folder = exampleFolder('sveltekit');
  const port = await firstFreePort(5173);
  await buildApp('sveltekit', {
    folder,
    args: [packagePath('vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
    env: { ORIGIN: `http://localhost:${port}` },
    inputs: ['src', 'vite.config.ts'],
    output: 'build/index.js',
  });
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    SHUTDOWN_TIMEOUT: '1',
    DIRECTUS_URL: provider.url,
    DEMO_CONTROL_URL: control.url,
    TOKENKEEP_SECRET: newSecret(),
  };
  const app = await started.add(startApp(port, { folder, args: ['build'], env }));
  const signIn = (browser: Browser) => signInByForm(browser, provider);
  return { app, signIn: credentials(provider), play: () => playMainJob(app.url, provider, { ...byReport, signIn }) };
};
