/** One browser, the built page, and pages in it. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { startChromium } from '../../support/chromium.ts';
import { type PageServer, servePage } from '../../support/page.ts';
import './globals.ts';

export interface World {
  readonly url: string;
  /** A new page, loaded, in a browser without anything stored. */
  open(): Promise<Page>;
  /** Runs `work` in one, and fails when the page has reported an error. */
  inPage<T>(work: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function startWorld(server: Promise<PageServer> = servePage('build')): Promise<World> {
  const [{ url, stop }, { context, close }] = await Promise.all([server, startChromium()]);
  const open = async () => {
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction(() => document.title === 'Ready');
    return page;
  };
  return {
    url,
    open,
    async inPage(work) {
      const page = await open();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      const result = await work(page);
      await page.evaluate(() => localStorage.clear());
      await page.close();
      assert.deepEqual(errors, []);
      return result;
    },
    async close() {
      await close();
      await stop();
    },
  };
}
