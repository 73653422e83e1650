/** The main job, as one suite that runs against the stand-in and against a real Directus: sessions that do not drop. */
import type { TestContext } from 'node:test';
import { directus } from '../../js/directus.ts';
import { startFaultProxy } from '../../js/testing.ts';
import { startApp } from '../support/app.ts';
import { Browser } from '../support/browser.ts';
import { endRows } from './main-job/end-of-a-session.ts';
import { faultRows } from './main-job/faults.ts';
import { headerRows } from './main-job/headers.ts';
import { loginRows } from './main-job/login.ts';
import { oldCookieRows } from './main-job/old-cookies.ts';
import { hundredRow, parallelRows } from './main-job/parallel.ts';
import { renewalRows } from './main-job/renewal.ts';
import type { ProviderUnderTest, Rows, World } from './main-job/world.ts';

export type { ProviderUnderTest } from './main-job/world.ts';

type Body = (context: TestContext) => Promise<void>;
type Test = (name: string, options: { concurrency: number }, body: Body) => void;

export interface MainJobOptions {
  /** How many rows run at the same time. They share a provider's processor, but neither users nor proxies. */
  concurrency: number;
}

const GROUPS: ReadonlyArray<[name: string, rows: Rows]> = [
  ['a hundred requests at once', hundredRow],
  ['parallel requests', parallelRows],
  ['the rest of it', { ...oldCookieRows, ...faultRows, ...endRows, ...loginRows, ...renewalRows, ...headerRows }],
];

/** Declares one test for each row. `startProvider` is asked for each of them. */
export function mainJob(test: Test, startProvider: () => Promise<ProviderUnderTest>, { concurrency }: MainJobOptions): void {
  for (const [name, rows] of GROUPS) {
    test(`the main job: ${name}`, { concurrency }, async (group) => {
      const running = Object.entries(rows).map(([sentence, row]) => group.test(sentence, (row_) => inWorld(row_, startProvider, row)));
      await Promise.all(running);
    });
  }
}

/** Gives a row a provider behind a proxy of its own, and takes everything down after it. */
async function inWorld(context: TestContext, startProvider: () => Promise<ProviderUnderTest>, row: Rows[string]): Promise<void> {
  const provider = await startProvider();
  context.after(() => provider.stop());
  const proxy = await startFaultProxy(provider.url);
  context.after(() => proxy.close());

  const world: World = {
    provider,
    proxy,
    async start(mode, options) {
      const app = await startApp({ provider: directus({ url: proxy.url, mode }), ...options });
      context.after(() => app.close());
      return { app, browser: new Browser(app.url) };
    },
    async signIn(mode = 'json', options = {}) {
      const [user, { app, browser }] = await Promise.all([provider.createUser(), world.start(mode, options)]);
      const session = await world.logIn(browser, user);
      proxy.resetCounts();
      return { app, browser, user, session };
    },
    async logIn(browser, { email, password }, extra = {}) {
      const page = await browser.post('/login', { email, password, ...extra });
      if (page.status !== 200) throw new Error(`login: ${page.status} ${JSON.stringify(page.body)}`);
      return page.body;
    },
    refreshes: () => proxy.counts['POST /auth/refresh'] ?? 0,
  };
  await row(world);
}
