/** The main job: twenty pages with one old cookie, one renewal, nobody signed out. */
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../../tools/process.mjs';

const PARALLEL = 20;

/** Plays it, prints it, and tells whether it went as it should. */
export async function runScenario(
  url: string,
  accessTokenTtl: number,
  refreshes: () => number,
): Promise<boolean> {
  const app = new Jar(url);
  await signIn(app);
  console.log(`signed in with Auth.js; access tokens live ${accessTokenTtl} s, waiting for that`);
  await delay(accessTokenTtl * 1000 + 200);

  const before = refreshes();
  console.log(`${PARALLEL} parallel requests for a page that reads the session in hook, layout and page`);
  const pages = await Promise.all(Array.from({ length: PARALLEL }, () => app.send('/account')));
  const failed = pages.filter(({ status }) => status !== 200).length;
  const refreshed = refreshes() - before;
  for (const page of pages) app.keepCookies(page);

  const signedIn = (await app.send('/account')).status === 200;
  console.log(
    `refreshes at the provider: ${refreshed}, failed requests: ${failed}, still signed in: ${signedIn ? 'yes' : 'no'}`,
  );
  return refreshed === 1 && failed === 0 && signedIn;
}

async function signIn(app: Jar): Promise<void> {
  const form = new URLSearchParams({ providerId: 'demo', redirectTo: '/account' });
  let response = await app.send('/signin', { method: 'POST', body: form });
  const provider = new Jar(app.origin);
  for (let hops = 0; hops < 12; hops += 1) {
    const next = new URL(response.headers.get('location') ?? '', response.url);
    if (next.href === `${app.origin}/account`) return;
    const jar = next.origin === app.origin ? app : provider;
    response = await jar.send(next.href);
    jar.keepCookies(response);
  }
  throw new UserError(`signing in ended with status ${response.status}`);
}

/** As much of a browser as the scenario needs. */
class Jar {
  readonly origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.origin = origin;
  }

  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = Array.from(this.#cookies, (pair) => pair.join('=')).join('; ');
    const headers = { accept: 'text/html', origin: this.origin, cookie };
    const response = await fetch(new URL(path, this.origin), { ...init, headers, redirect: 'manual' });
    if (init.method === 'POST') this.keepCookies(response);
    return response;
  }

  keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
  }
}
