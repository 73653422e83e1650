/** A page in Chromium, an application, and oidc-provider at which its users sign in. */
import { randomBytes } from 'node:crypto';
import type { BrowserContext, Page } from 'playwright-core';
import { freePort } from '../../tools/ports.mjs';
import { startChromium } from './chromium.ts';
import { type OidcServer, startOidcProvider } from './oidc-provider.ts';

/** What an application that takes part has to know. */
export interface SignInSettings {
  /** Where it is to be found. */
  readonly origin: string;
  readonly port: number;
  readonly provider: OidcServer;
  readonly secret: string;
}

export interface SignInPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly origin: string;
  readonly provider: OidcServer;
}

/** Starts them all; what `startApp` resolves with stops the application. */
export async function startSignInPage(startApp: (settings: SignInSettings) => Promise<AsyncDisposable>): Promise<SignInPage> {
  await using started = new AsyncDisposableStack();
  const port = await freePort();
  // Two sites for the browser, as in life: `SameSite=Lax` has to let the provider's answer through.
  const origin = `http://localhost:${port}`;
  const provider = started.adopt(await startOidcProvider({ app: origin }), (one) => one.close());
  started.use(await startApp({ origin, port, provider, secret: randomBytes(32).toString('base64url') }));
  const { context } = started.adopt(await startChromium(), (one) => one.close());
  const page = await context.newPage();
  const running = started.move();
  return { page, context, origin, provider, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
