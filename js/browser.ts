/**
 * For pages that talk to Directus themselves, in `json` mode: signs in, renews ahead of expiry, signs out.
 * Loads a WebAssembly module of its own when it is first used. One tab: tabs that share a storage are not
 * coordinated yet.
 */
import { PageAuth } from './browser/auth.ts';
import type { BrowserAuth, BrowserOptions } from './browser/options.ts';

export type { BrowserAuth, BrowserOptions, BrowserStorage } from './browser/options.ts';
export { AuthError, isAuthError } from './errors.ts';

/**
 * The session of this page. Importing it and calling it is safe on a server that renders the page: nothing is
 * loaded before a method is called in a browser.
 */
export function tokenkeep(options: BrowserOptions): BrowserAuth {
  return new PageAuth(options);
}
