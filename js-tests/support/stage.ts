/** What a test of the fixture app in Chromium needs around it: the build, a stand-in and a browser, on one clock. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { startDirectusStandIn } from '../../js/testing.ts';
import type { DirectusStandIn } from '../../js/testing.ts';
import { startChromium } from './chromium.ts';
import type { Chromium, ChromiumOptions } from './chromium.ts';
import { buildFixture } from './sveltekit-app.ts';
import { TestClock } from './test-clock.ts';

/** How long an access token lives, and a second, in seconds. */
export const A_TOKEN = 901;

export interface Stage extends AsyncDisposable {
  /** Where the app has been built. */
  readonly folder: string;
  readonly clock: TestClock;
  readonly directus: DirectusStandIn;
  /** For the app's processes. */
  readonly env: NodeJS.ProcessEnv;
  readonly browser: Chromium;
  /** Ends with the stage, what came last first. */
  readonly running: AsyncDisposableStack;
}

export async function startStage(options: ChromiumOptions): Promise<Stage> {
  const folder = await buildFixture('edges');
  const running = new AsyncDisposableStack();
  const clock = running.use(new TestClock());
  const directus = running.use(await startDirectusStandIn({ now: clock.now }));
  const browser = await startChromium(options);
  running.defer(() => browser.close());
  const env = { DIRECTUS_URL: directus.url, TOKENKEEP_SECRET: 'a secret of more than 32 characters', ...clock.env };
  return { folder, clock, directus, env, browser, running, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Lets the token expire: the page's next request renews it, and the browser keeps what it was given. */
export async function assertRenewedOnce({ clock, directus }: Stage, page: Page): Promise<void> {
  await clock.pass(A_TOKEN);
  await page.reload();
  await page.getByText('signed in, refreshed').waitFor();
  await page.reload();
  await page.getByText('signed in, fresh').waitFor();
  assert.equal(directus.counters.refresh, 1);
}
