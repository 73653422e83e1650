/** The main job: many documents with the same old cookie, one renewal, nobody signed out. */
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../../tools/process.mjs';
import { Browser } from '../../sveltekit/start/browser.ts';
import { say } from '../../sveltekit/start/lines.ts';
import { ACCESS_TOKEN_TTL, type Provider } from '../../sveltekit/start/provider.ts';

const PARALLEL = 20;
const REFRESH = 'POST /auth/refresh';

/** Plays it, prints it, and tells whether it went as it should. */
export async function runScenario(url: string, provider: Provider): Promise<boolean> {
  const browser = new Browser(url);
  await signIn(browser, provider);
  say(`the access token expires in ${ACCESS_TOKEN_TTL} s; waiting for that`);
  await delay(ACCESS_TOKEN_TTL * 1000 + 100);

  const refreshesSoFar = provider.proxy.counts[REFRESH] ?? 0;
  say(`${PARALLEL} parallel documents, all with the same old cookie`);
  const numbers = Array.from({ length: PARALLEL }, (_, index) => index + 1);
  const served = await Promise.all(numbers.map((number) => readOne(browser, number, provider.email)));
  const failed = served.filter((one) => !one).length;
  const refreshed = (provider.proxy.counts[REFRESH] ?? 0) - refreshesSoFar;
  const signedIn = await readOne(browser, PARALLEL + 1, provider.email);
  console.log(
    `refreshes at the provider: ${refreshed}, failed requests: ${failed}, still signed in: ${signedIn ? 'yes' : 'no'}`,
  );
  return refreshed === 1 && failed === 0 && signedIn;
}

/** As a browser without JavaScript does: the form's own fields, those of Next.js included. */
async function signIn(browser: Browser, { email, password }: Provider): Promise<void> {
  const page = await (await browser.send('/login')).text();
  const form = new FormData();
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g)) {
    form.set(name, value.replaceAll('&quot;', '"'));
  }
  for (const [name, value] of Object.entries({ email, password, remember: 'on' })) form.set(name, value);
  const response = await browser.send('/login', { method: 'POST', body: form });
  if (response.status !== 303) throw new UserError(`signing in was answered with status ${response.status}`);
  browser.keepCookies(response);
  say(`signed in as ${email} with the app's login form; the session is in ${browser.cookieNames.join(', ')}`);
}

/** Whether the account page has the user on it. */
async function readOne(browser: Browser, number: number, email: string): Promise<boolean> {
  const started = performance.now();
  const response = await browser.send('/account').catch(() => null);
  const page = (await response?.text()) ?? '';
  if (response) browser.keepCookies(response);
  const how = /chip (\w+)/.exec(page)?.[1] ?? 'no token';
  const took = `${Math.round(performance.now() - started)} ms`.padStart(6);
  const cookie = response?.headers.has('set-cookie') ? ', and got the new cookie' : '';
  say(`  document ${String(number).padStart(2)}: ${response?.status ?? '---'}, ${how} after ${took}${cookie}`);
  return page.includes(email);
}
