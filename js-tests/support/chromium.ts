/** The system's Chromium with a profile of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';
import { toolPath } from '../../tools/system-tools.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Chromium {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export interface ChromiumOptions {
  /** Default: true. */
  javaScriptEnabled?: boolean;
  /** Accepts certificates that nobody vouches for. Default: false. */
  ignoreHTTPSErrors?: boolean;
  /** A host that is looked up at 127.0.0.1. Default: none. */
  localHost?: string;
}

/** Starts it without a window. For tests with the option `skip: withoutTool('chromium')`. */
export async function startChromium({ localHost, ...options }: ChromiumOptions = {}): Promise<Chromium> {
  const executablePath = toolPath('chromium');
  if (!executablePath) throw new Error('chromium is not installed');
  const args = localHost ? [...FLAGS, `--host-resolver-rules=MAP ${localHost} 127.0.0.1`] : FLAGS;
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args, ...options });
  context.setDefaultTimeout(30_000);
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
