/** What `fixtures/page/main.ts` gives to the code that tests run in the page. */
import type * as directusSdk from '@directus/sdk';
import type { BrowserAuth, BrowserOptions, tokenkeep as tokenkeepInPage } from '../../../js/browser.ts';
import type * as directusEntry from '../../../js/directus.ts';
import type { AuthEvent } from '../../../js/events.ts';
import type { Session } from '../../../js/types.ts';
import type { FakeDirectus } from '../fixtures/page/fake-directus.ts';

declare global {
  var tokenkeep: typeof tokenkeepInPage;
  var directus: typeof directusEntry.directus;
  var authentication: typeof directusEntry.authentication;
  var sdk: typeof directusSdk;
  var faked: (options?: Partial<BrowserOptions>) => {
    fake: FakeDirectus;
    events: AuthEvent[];
    auth: BrowserAuth;
    login(): Promise<Session>;
  };
  var fate: (promise: Promise<unknown>) => Promise<string>;
  var directusError: (status: number, code: string, headers?: Record<string, string>) => Response;
}
