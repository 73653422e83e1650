/** examples/browser, built and served by Vite, with the provider under `/directus`. */
import { buildApp, exampleFolder, firstFreePort, packagePath, startApp } from '../app.ts';
import type { Start } from '../demonstration.ts';
import { credentials, startDirectus } from '../directus.ts';
import { say } from '../lines.ts';

const VITE = packagePath('vite', 'bin', 'vite.js');

export const start: Start = async (name, started) => {
  const provider = await started.add(startDirectus(name));
  const folder = exampleFolder('browser');
  await buildApp('browser', {
    folder,
    args: [VITE, 'build', '--logLevel', 'warn'],
    env: {},
    inputs: ['index.html', 'main.ts', 'app.css', 'vite.config.ts'],
    output: 'dist/index.html',
  });
  const port = await firstFreePort(5273);
  const args = [VITE, 'preview', '--host', '127.0.0.1', '--port', String(port), '--strictPort'];
  const app = await started.add(startApp(port, { folder, args, env: { DIRECTUS_URL: provider.url } }));
  return { app, signIn: credentials(provider), play: () => bothAnswer(app.url) };
};

/** The main job wants a page with a person in it; here it is whether the page and the provider are there. */
async function bothAnswer(url: string): Promise<boolean> {
  const answers = await Promise.all(['/', '/directus/server/ping'].map((path) => fetch(`${url}${path}`)));
  const succeeded = answers.every(({ ok }) => ok);
  say(succeeded ? 'the page and its provider answer' : 'the page or its provider does not answer');
  return succeeded;
}
