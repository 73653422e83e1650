/** The main job: many requests with the same old cookie, one renewal, nobody signed out. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../sveltekit/src/lib/report.ts';
import { Browser } from './browser.ts';
import { say } from './lines.ts';
import { ACCESS_TOKEN_TTL, type Provider, refreshes } from './provider.ts';

const PARALLEL = 20;

/** How the main job is played with one app. */
export interface MainJob {
  /** Signs in. Resolves with what the account page then calls the user. */
  signIn(browser: Browser): Promise<string>;
  /** When the access token expires, epoch milliseconds. */
  expiresAt(browser: Browser): Promise<number>;
  /** What the parallel requests ask for. */
  readonly path: string;
  /** Whether an answer has what was asked for, and what it tells about its token. */
  read(response: Response, body: string): { readonly ok: boolean; readonly how: string };
}

/** Plays it, prints it, and tells whether it went as it should. */
export async function playMainJob(url: string, provider: Provider, job: MainJob): Promise<boolean> {
  const browser = new Browser(url);
  const who = await job.signIn(browser);
  say(`signed in as ${who}; the session is in ${browser.cookieNames.join(', ')}`);
  await untilExpired(await job.expiresAt(browser));

  const refreshesSoFar = refreshes(provider);
  say(`${PARALLEL} parallel requests, all with the same old cookie`);
  const failed = await sendInParallel(browser, job);
  const refreshed = refreshes(provider) - refreshesSoFar;

  const signedIn = await reachesAccount(browser, who);
  const requests = Object.values(provider.proxy.counts).reduce((sum, count) => sum + count, 0);
  say(`the provider has answered ${requests} requests in all`);
  console.log(
    `refreshes at the provider: ${refreshed}, failed requests: ${failed}, still signed in: ${signedIn ? 'yes' : 'no'}`,
  );
  return refreshed === 1 && failed === 0 && signedIn;
}

/** For apps that answer `GET /api/me` with a report. */
export const byReport: Omit<MainJob, 'signIn'> = {
  path: '/api/me',
  read({ ok }, body) {
    const { how, error } = JSON.parse(body) as Report;
    return { ok, how: how ?? error ?? 'no token' };
  },
  async expiresAt(browser) {
    const response = await browser.send('/api/me');
    browser.keepCookies(response);
    return ((await response.json()) as Report).expiresAt ?? 0;
  },
};

/** For apps that have no such endpoint: their account pages show the e-mail address and how the request came by its token. */
export function byAccountPage(email: string): Omit<MainJob, 'signIn'> {
  return {
    path: '/account',
    expiresAt: async () => Date.now() + ACCESS_TOKEN_TTL * 1000,
    read: (_, page) => ({ ok: page.includes(email), how: /chip (\w+)/.exec(page)?.[1] ?? 'no token' }),
  };
}

async function untilExpired(expiresAt: number): Promise<void> {
  const left = expiresAt - Date.now();
  say(`the access token expires in ${(left / 1000).toFixed(1)} s; waiting for that`);
  if (left > 60_000) say('a Directus with ACCESS_TOKEN_TTL=4s would make this quick');
  await delay(Math.max(0, left) + 100);
}

/** Sends them, prints how each was served, and resolves with how many failed. */
async function sendInParallel(browser: Browser, job: MainJob): Promise<number> {
  const numbers = Array.from({ length: PARALLEL }, (_, index) => index + 1);
  const succeeded = await Promise.all(numbers.map((number) => sendOne(browser, job, number)));
  return succeeded.filter((ok) => !ok).length;
}

async function sendOne(browser: Browser, job: MainJob, number: number): Promise<boolean> {
  const started = performance.now();
  const response = await browser.send(job.path).catch(() => null);
  const { ok, how } = response ? job.read(response, await response.text()) : { ok: false, how: 'no answer' };
  if (response) browser.keepCookies(response);
  const took = `${Math.round(performance.now() - started)} ms`.padStart(6);
  const cookie = response?.headers.has('set-cookie') ? ', and got the new cookie' : '';
  say(`  request ${String(number).padStart(2)}: ${response?.status ?? '---'}, ${how} after ${took}${cookie}`);
  return ok;
}

async function reachesAccount(browser: Browser, who: string): Promise<boolean> {
  const response = await browser.send('/account');
  const page = await response.text();
  return response.status === 200 && page.toLowerCase().includes(who.toLowerCase());
}
