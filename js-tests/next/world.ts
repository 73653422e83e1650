/** The built app, the provider, and Chromium, for tests of what Next.js itself does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { type SignedIn, World } from '../contract/adapter/world.ts';
import { type Chromium, startChromium } from '../support/chromium.ts';
import type { RunningNextApp, Variant } from '../support/next-app.ts';
import { buildNextApp, startNextApp } from '../support/next-app.ts';

/** As slow as a refresh was when the behaviour of Next.js was measured, in ms. */
const REFRESH_MS = 300;

export class NextWorld implements AsyncDisposable {
  readonly #world: World;
  readonly #app: RunningNextApp;
  #chromium: Chromium | undefined;

  private constructor(world: World, app: RunningNextApp) {
    this.#world = world;
    this.#app = app;
  }

  static async start(variant: Variant): Promise<NextWorld> {
    const folder = await buildNextApp(variant);
    const started = Promise.withResolvers<RunningNextApp>();
    const world = await World.start(async (environment) => {
      const app = await startNextApp(folder, variant, { ...environment });
      started.resolve(app);
      return app;
    });
    return new NextWorld(world, await started.promise);
  }

  get url(): string {
    return this.#app.url;
  }

  /** What the app has written. */
  output(): string {
    return this.#app.output();
  }

  get world(): World {
    return this.#world;
  }

  /** Refreshes at the provider since somebody signed in. */
  get refreshes(): number {
    return this.#world.refreshes;
  }

  /** A new user, in Chromium: a page that has loaded `path`, in a browser with no other cookies. */
  async visit(path: string): Promise<{ user: SignedIn; page: Page }> {
    const user = await this.#world.signIn();
    const { context } = (this.#chromium ??= await startChromium());
    await context.clearCookies();
    const page = await context.newPage();
    await page.goto(`${this.url}/plain`);
    const { email, password } = user;
    await page.evaluate((body) => fetch('/login', { method: 'POST', body }), JSON.stringify({ email, password }));
    await page.goto(this.url + path, { waitUntil: 'networkidle' });
    this.#world.provider.resetCounters();
    return { user, page };
  }

  get context(): BrowserContext {
    if (!this.#chromium) throw new Error('nobody has visited a page yet');
    return this.#chromium.context;
  }

  /** Tokens expire, and the next refresh takes its time. */
  async expireSlowly(): Promise<void> {
    await this.#world.expire();
    const { faults } = this.#world.provider;
    faults.next('POST /auth/refresh', { kind: 'hang' });
    void faults.whenHeld(1).then(async () => {
      await delay(REFRESH_MS);
      faults.release();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chromium?.close();
    await this.#world[Symbol.asyncDispose]();
  }
}
