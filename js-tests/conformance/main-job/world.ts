/** What a row of the main job works with. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '../../../js/testing.ts';
import type { Session } from '../../../js/types.ts';
import type { App, AppOptions } from '../../support/app.ts';
import type { Browser, Page } from '../../support/browser.ts';

export interface User {
  email: string;
  password: string;
}

/** A Directus, and the hands of its administrator. Its access tokens live for 2 s, its session tokens for 10 s. */
export interface ProviderUnderTest {
  readonly url: string;
  /** A new user who may read their own address. */
  createUser(): Promise<User>;
  /** Makes a user need a one-time password; resolves with what gives the current one. */
  requireOtp(user: User): Promise<() => string>;
  /** Suspends a user as an administrator does. */
  suspend(user: User): Promise<void>;
  stop(): Promise<void>;
}

export type Mode = 'json' | 'cookie' | 'session';
type Settings = Partial<AppOptions>;

export interface World {
  readonly provider: ProviderUnderTest;
  /** Between the applications and the provider. */
  readonly proxy: FaultProxy;
  /** An application, and a browser that nobody has signed in with. */
  start(mode: Mode, options?: Settings): Promise<{ app: App; browser: Browser }>;
  /** The same with a new user signed in, and the proxy's counters at zero. */
  signIn(mode?: Mode, options?: Settings): Promise<{ app: App; browser: Browser; user: User; session: Session }>;
  logIn(browser: Browser, user: User, extra?: object): Promise<Session>;
  /** Refreshes that have reached the proxy. */
  refreshes(): number;
}

/** Sentences about the main job, and how each is checked. */
export type Rows = Readonly<Record<string, (world: World) => Promise<void>>>;

/** The first cool-down after a failed renewal, and a little more. */
export const COOL_DOWN_MS = 2_100;

/** Resolves when the session's access token has expired. */
export async function untilExpiry({ expiresAt }: Session): Promise<void> {
  await delay(Math.max(0, (expiresAt ?? 0) - Date.now()) + 30);
}

/** Resolves when the second half of the life of a session token of 10 s has begun. */
export async function untilLeeway({ expiresAt }: Session): Promise<void> {
  await delay(Math.max(0, (expiresAt ?? 0) - 4_300 - Date.now()));
}

/**
 * Resolves at the beginning of a second. `exp` is a whole second, so a token of two seconds lives for one to two; what has to happen
 * within the life of one token begins when it will be a long one.
 */
export async function nextSecond(): Promise<void> {
  await delay(1_000 - (Date.now() % 1_000));
}

/**
 * Does at the beginning of a second what `prepare` resolves with, and again if it took so long that a token may have expired under it: on
 * a busy machine that says nothing.
 */
export async function withinOneToken<T>(prepare: () => Promise<() => Promise<T>>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const act = await prepare();
    await nextSecond();
    const started = performance.now();
    const result = await act();
    if (performance.now() - started < 1_400 || tries === 10) return result;
  }
}

/** Every refresh that reached the provider brought a generation: none was refused and none was wasted. */
export async function assertNoRefreshWasted(browser: Browser, { refreshes }: World): Promise<void> {
  const { session } = (await browser.get('/data')).body;
  assert.equal(session.generation, refreshes());
}

export function assertServed(pages: readonly Page[], user: User): void {
  for (const page of pages) {
    assert.equal(page.status, 200, JSON.stringify(page.body));
    assert.equal(page.body.data.email, user.email);
  }
}

/** The page is an error of ours that may be tried again, the session is kept, and nothing was written. */
export function assertRetryable(page: Page, code?: string): void {
  const { status, setCookie, body } = page;
  assert.deepEqual({ status, setCookie, retryable: body.retryable, sessionEnded: body.sessionEnded }, {
    status: 503,
    setCookie: [],
    retryable: true,
    sessionEnded: false,
  });
  if (code !== undefined) assert.equal(body.code, code);
}

/** The page is one of a visitor who is not signed in. */
export function assertSignedOut(page: Page): void {
  assert.equal(page.status, 200, JSON.stringify(page.body));
  assert.deepEqual(page.body, { session: null, how: null });
}

/** The names of the cookies that a page deletes. */
export function deletions(page: Page): string[] {
  return page.setCookie.filter((line) => line.includes('Max-Age=0')).map((line) => line.slice(0, line.indexOf('=')));
}
