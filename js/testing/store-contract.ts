/**
 * What every store of session records must do, whatever it is made of. The rules are those of
 * `src/rotation/verbs.rs`, seen from outside.
 */
import { claiming } from './store-contract/claiming.ts';
import { ending } from './store-contract/ending.ts';
import { failing } from './store-contract/failing.ts';
import { keeping } from './store-contract/keeping.ts';
import { publishing } from './store-contract/publishing.ts';
import { type MakeStore, type Rules, SessionUnderTest } from './store-contract/session.ts';
import { waiting } from './store-contract/waiting.ts';

export type { MakeStore, StoreUnderTest } from './store-contract/session.ts';

/** `test` of any framework: `node:test`, Vitest, Bun, Deno. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/**
 * Declares one test per rule, each with a store of its own from `makeStore`.
 *
 * With `advance` the suite takes seconds. Without it, cool-downs and the grace period of replays
 * are waited for: about two and a half minutes.
 *
 * ```ts
 * import test from 'node:test';
 * import { storeContract } from 'tokenkeep/testing';
 *
 * storeContract(test, () => ({ store: myStore() }));
 * ```
 */
export function storeContract(test: TestFunction, makeStore: MakeStore): void {
  const rules: Rules = { ...claiming, ...publishing, ...failing, ...ending, ...waiting, ...keeping };
  for (const [name, { maxAge, run }] of Object.entries(rules)) {
    test(name, async () => {
      const made = await makeStore({ maxAge: maxAge ?? 604_800 });
      try {
        await run(new SessionUnderTest(made));
      } finally {
        await made.close?.();
      }
    });
  }
}
