/** What every adapter must do, whatever it adapts to: one test for each fact, in one running application. */
import { after, before, describe, test } from 'node:test';
import type { StartAdapterApp } from './adapter/app.ts';
import { freshFacts } from './adapter/fresh.ts';
import { renewalFacts } from './adapter/renewal.ts';
import { World } from './adapter/world.ts';

export type { AdapterApp, AppEnvironment, StartAdapterApp } from './adapter/app.ts';

/** Declares the facts. `startApp` is asked once. */
export function adapterContract(adapter: string, startApp: StartAdapterApp): void {
  describe(adapter, () => {
    let world: World;
    before(async () => {
      world = await World.start(startApp);
    });
    after(() => world?.[Symbol.asyncDispose]());
    const facts = { ...freshFacts, ...renewalFacts };
    for (const [sentence, check] of Object.entries(facts)) test(sentence, () => check(world));
  });
}
