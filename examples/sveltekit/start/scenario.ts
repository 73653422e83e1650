/** The main job: many requests with the same old cookie, one renewal, nobody signed out. */
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../../tools/process.mjs';
import type { Report } from '../src/lib/report.ts';
import { Browser } from './browser.ts';
import { say } from './lines.ts';
import type { Provider } from './provider.ts';

const PARALLEL = 20;

/** Plays it, prints it, and tells whether it went as it should. */
export async function runScenario(url: string, provider: Provider): Promise<boolean> {
  const browser = new Browser(url);
  await signIn(browser, provider);
  await untilExpired(browser);

  const { proxy } = provider;
  const refreshesSoFar = refreshes(provider);
  say(`${PARALLEL} parallel requests, all with the same old cookie`);
  const failed = await sendInParallel(browser);
  const refreshed = refreshes(provider) - refreshesSoFar;

  const signedIn = await reachesAccount(browser);
  const requests = Object.values(proxy.counts).reduce((sum, count) => sum + count, 0);
  say(`the provider has answered ${requests} requests in all`);
  console.log(
    `refreshes at the provider: ${refreshed}, failed requests: ${failed}, still signed in: ${signedIn ? 'yes' : 'no'}`,
  );
  return refreshed === 1 && failed === 0 && signedIn;
}

function refreshes({ proxy, refresh = 'POST /auth/refresh' }: Provider): number {
  return proxy.counts[refresh] ?? 0;
}

async function signIn(browser: Browser, provider: Provider): Promise<void> {
  await (provider.signIn?.(browser) ?? signInByForm(browser, provider));
  const { who } = await ask(browser);
  const where = provider.signIn ? 'at the provider' : "with the app's login form";
  say(`signed in as ${who} ${where}; the session is in ${browser.cookieNames.join(', ')}`);
}

async function signInByForm(browser: Browser, { email, password }: Provider): Promise<void> {
  const form = new URLSearchParams({ email, password, remember: 'on' });
  const response = await browser.send('/login', { method: 'POST', body: form });
  if (response.status !== 303) throw new UserError(`signing in was answered with status ${response.status}`);
  browser.keepCookies(response);
}

async function untilExpired(browser: Browser): Promise<void> {
  const { expiresAt } = await ask(browser);
  const left = (expiresAt ?? 0) - Date.now();
  say(`the access token expires in ${(left / 1000).toFixed(1)} s; waiting for that`);
  if (left > 60_000) say('a Directus with ACCESS_TOKEN_TTL=4s would make this quick');
  await delay(Math.max(0, left) + 100);
}

/** Sends them, prints how each was served, and resolves with how many failed. */
async function sendInParallel(browser: Browser): Promise<number> {
  const numbers = Array.from({ length: PARALLEL }, (_, index) => index + 1);
  const responses = await Promise.all(numbers.map((number) => sendOne(browser, number)));
  for (const response of responses) if (response) browser.keepCookies(response);
  return responses.filter((response) => !response?.ok).length;
}

async function sendOne(browser: Browser, number: number): Promise<Response | null> {
  const started = performance.now();
  const response = await browser.send('/api/me').catch(() => null);
  const report = response && ((await response.json()) as Report);
  const how = report?.how ?? report?.error ?? 'no answer';
  const took = `${Math.round(performance.now() - started)} ms`.padStart(6);
  const cookie = response?.headers.has('set-cookie') ? ', and got the new cookie' : '';
  say(`  request ${String(number).padStart(2)}: ${response?.status ?? '---'}, ${how} after ${took}${cookie}`);
  return response;
}

async function reachesAccount(browser: Browser): Promise<boolean> {
  const response = await browser.send('/account');
  const page = await response.text();
  const { who } = await ask(browser);
  return response.status === 200 && who !== null && page.includes(who);
}

async function ask(browser: Browser): Promise<Report> {
  const response = await browser.send('/api/me');
  browser.keepCookies(response);
  return (await response.json()) as Report;
}
