/** What every adapter must do, whatever it adapts to: one test for each fact, in one running application. */
import { after, before, describe, test } from 'node:test';
import { accessFacts } from './adapter/access.ts';
import { answerFacts } from './adapter/answers.ts';
import type { StartAdapterApp } from './adapter/app.ts';
import { freshFacts } from './adapter/fresh.ts';
import { lateFacts } from './adapter/late.ts';
import { renewalFacts } from './adapter/renewal.ts';
import { userFacts } from './adapter/users.ts';
import { World } from './adapter/world.ts';

export type { AdapterApp, AppEnvironment, StartAdapterApp } from './adapter/app.ts';

const FACTS = { ...freshFacts, ...renewalFacts, ...answerFacts, ...lateFacts, ...accessFacts, ...userFacts };

/** Declares the facts. `startApp` is asked once. */
export function adapterContract(adapter: string, startApp: StartAdapterApp): void {
  describe(adapter, () => {
    let world: World;
    before(async () => {
      world = await World.start(startApp);
    });
    after(() => world?.[Symbol.asyncDispose]());
    for (const [sentence, check] of Object.entries(FACTS)) test(sentence, () => check(world));
  });
}
