/** What a Directus server does with credentials, as one suite that runs against the stand-in and against a real one. */
import type { TestContext } from 'node:test';
import { credentialFacts } from './directus/credentials.ts';
import { loginFacts } from './directus/login.ts';
import { logoutFacts } from './directus/logout.ts';
import { refreshFacts } from './directus/refresh.ts';
import { sessionModeFacts } from './directus/session-mode.ts';
import { suspensionFacts } from './directus/suspension.ts';

/** A server to judge, and the hands of its administrator. Durations are seconds. */
export interface DirectusUnderTest {
  url: string;
  accessTokenTtl: number;
  refreshTokenTtl: number;
  sessionCookieTtl: number;
  sessionRefreshGracePeriod: number;
  /** Resolves with the id. */
  createUser(user: { email: string; password: string; token?: string }): Promise<string>;
  /** Makes a user need a one-time password; resolves with what gives the current one. */
  requireOtp(user: { email: string; password: string }): Promise<() => string>;
  /** Suspends a user as an administrator does. */
  suspend(email: string): Promise<void>;
  /** Suspends a user as too many failed logins do. */
  lockOut(email: string): Promise<void>;
  /** Lets time pass on the server. */
  pass(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Sentences about a server, and how each is checked. */
export type Facts = Readonly<Record<string, (directus: DirectusUnderTest) => Promise<void>>>;

type Test = (name: string, body: (context: TestContext) => Promise<void>) => void;

const FACTS: ReadonlyArray<[name: string, facts: Facts]> = [
  ['login', loginFacts],
  ['refresh in json and cookie mode', refreshFacts],
  ['session mode', sessionModeFacts],
  ['credentials of a request', credentialFacts],
  ['logout', logoutFacts],
  ['suspended users', suspensionFacts],
];

/** Declares one test for each group of facts, all on one server. */
export function directusContract(test: Test, start: () => Promise<DirectusUnderTest>): void {
  test('Directus contract', async (context) => {
    const directus = await start();
    context.after(() => directus.stop());
    for (const [name, facts] of FACTS) {
      await context.test(name, async (group) => {
        for (const [sentence, check] of Object.entries(facts)) await group.test(sentence, () => check(directus));
      });
    }
  });
}
