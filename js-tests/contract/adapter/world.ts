/** What a fact of the adapter contract works with. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startDirectusStandIn } from '../../../js/testing.ts';
import type { DirectusStandIn } from '../../../js/testing.ts';
import type { AuthEvent } from '../../../js/events.ts';
import type { Session } from '../../../js/types.ts';
import { Browser } from '../../support/browser.ts';
import type { Page } from '../../support/browser.ts';
import { TestClock } from '../../support/test-clock.ts';
import type { AdapterApp, StartAdapterApp } from './app.ts';

/** Sentences about every adapter, and how each is checked. */
export type Facts = Readonly<Record<string, (world: World) => Promise<void>>>;

export interface SignedIn {
  readonly browser: Browser;
  readonly email: string;
  readonly password: string;
  readonly session: Session;
}

const SECRET = 'the adapter contract: a secret of more than thirty-two characters';
/** Seconds, of the stand-in's access tokens. */
const ACCESS_TOKEN_TTL = 900;

/** One application for all facts; each fact has users of its own. */
export class World implements AsyncDisposable {
  readonly provider: DirectusStandIn;
  readonly #app: AdapterApp;
  readonly #clock: TestClock;

  private constructor(provider: DirectusStandIn, app: AdapterApp, clock: TestClock) {
    this.provider = provider;
    this.#app = app;
    this.#clock = clock;
  }

  static async start(startApp: StartAdapterApp): Promise<World> {
    const clock = new TestClock();
    const provider = await startDirectusStandIn({ accessTokenTtl: ACCESS_TOKEN_TTL, now: clock.now });
    const environment = { DIRECTUS_URL: provider.url, TOKENKEEP_SECRET: SECRET, ...clock.env };
    try {
      return new World(provider, await startApp(environment), clock);
    } catch (error) {
      await provider.close();
      clock[Symbol.dispose]();
      throw error;
    }
  }

  /** The application's origin. */
  get url(): string {
    return this.#app.url;
  }

  /** A browser that nobody has signed in with. */
  browser(): Browser {
    return new Browser(this.url);
  }

  /** A new user's browser, signed in; the provider's counters are at zero. */
  async signIn(): Promise<SignedIn> {
    const user = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
    this.provider.addUser(user);
    const browser = this.browser();
    const page = await browser.post('/login', user);
    assert.equal(page.status, 200, JSON.stringify(page.body));
    this.provider.resetCounters();
    return { ...user, browser, session: page.body };
  }

  /** The same, and the access token has expired. */
  async signInAndExpire(): Promise<SignedIn> {
    const signedIn = await this.signIn();
    await this.expire();
    return signedIn;
  }

  /** Every access token that was issued so far expires. */
  expire(): Promise<void> {
    return this.pass(ACCESS_TOKEN_TTL + 1);
  }

  /** Lets `seconds` pass, for the application and for the provider. */
  async pass(seconds: number): Promise<void> {
    await this.#clock.pass(seconds);
    await this.#app.setClock?.(this.#clock.aheadMs);
  }

  /** What the application was told of a session. */
  async eventsOf({ id }: Session): Promise<AuthEvent[]> {
    const { body } = await this.browser().get('/events');
    return (body as AuthEvent[]).filter((event) => 'sessionId' in event && event.sessionId === id);
  }

  /** Refreshes since somebody signed in. */
  get refreshes(): number {
    return this.provider.counters.refresh;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app[Symbol.asyncDispose]();
    await this.provider.close();
    this.#clock[Symbol.dispose]();
  }
}

/** The cookies of sessions that an answer sets or deletes, by name. Each of them is there once. */
export function sessionCookies(page: Page): Map<string, string> {
  const lines = page.setCookie.filter((line) => line.startsWith('__Host-tokenkeep-'));
  const pairs = lines.map((line) => /^([^=]+)=([^;]*)/.exec(line)?.slice(1) as [string, string]);
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, `a cookie is set twice: ${lines.join('\n')}`);
  return new Map(pairs);
}

/** The answer brings the session's new cookie and must not be cached. */
export function assertRenewed(page: Page): void {
  assert.deepEqual([...sessionCookies(page).values()].map((value) => value !== ''), [true], page.setCookie.join('\n'));
  assert.equal(page.headers.get('cache-control'), 'private, no-store');
  assert.match(page.headers.get('vary') ?? '', /(^|, ?)Cookie($|,)/i);
}

/** The request after a renewal finds its session fresh. */
export async function assertFresh({ browser, email }: SignedIn): Promise<void> {
  const { body } = await browser.get('/me');
  assert.deepEqual(body, { email, how: 'fresh' });
}
