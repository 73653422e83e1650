/** examples/sveltekit-authjs, built where the SvelteKit is that Auth.js supports. */
import { buildAuthjsApp } from '../../../tools/authjs/install.mjs';
import { firstFreePort, newSecret, startApp } from '../app.ts';
import type { Start } from '../demonstration.ts';
import { type MainJob, playMainJob } from '../main-job.ts';
import { startOidc, USER } from '../oidc.ts';
import { ACCESS_TOKEN_TTL } from '../provider.ts';
import { signInAtProvider } from '../sign-in.ts';

export const start: Start = async (_, started) => {
  const folder = await buildAuthjsApp('examples/sveltekit-authjs', 'example');
  const port = await firstFreePort(5373);
  const url = `http://localhost:${port}`;
  const provider = await started.add(startOidc({ redirectUri: `${url}/auth/callback/demo`, user: USER }));
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    ORIGIN: url,
    SHUTDOWN_TIMEOUT: '1',
    AUTH_SECRET: newSecret(),
    ISSUER: provider.url,
    TOKEN_ENDPOINT: `${provider.url}/token`,
    REVOCATION_ENDPOINT: `${provider.url}/token/revocation`,
    CLIENT_ID: provider.clientId,
    CLIENT_SECRET: provider.clientSecret,
    API_URL: `${provider.url}/api/me`,
  };
  const app = await started.add(startApp(port, { folder, args: ['build'], env }));
  return { app, signIn: '; the provider asks for no password', play: () => playMainJob(url, provider, job) };
};

/** Each page reads the session three times: in the hook, the layout and the page. */
const job: MainJob = {
  path: '/account',
  signIn: (browser) => signInAtProvider(browser, '/signin', new URLSearchParams({ providerId: 'demo', redirectTo: '/account' })),
  expiresAt: async () => Date.now() + ACCESS_TOKEN_TTL * 1000,
  read: ({ ok }, page) => ({ ok, how: `token ${/data-testid="fingerprint">(\w+)/.exec(page)?.[1] ?? 'none'}` }),
};
