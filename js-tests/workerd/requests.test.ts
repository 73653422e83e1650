/** Several requests of one isolate: none may do I/O for another, and each ends with its client unless it asked to be kept. */
import { after, before, describe } from 'node:test';
import { World } from '../contract/adapter/world.ts';
import { startWorker } from '../support/worker.ts';
import { meetings } from './meetings.ts';

for (const compatibility of ['today', 'before2024'] as const) {
  describe(`a Worker with the rules of ${compatibility}`, () => {
    let world: World;
    before(async () => {
      world = await World.start((environment) => startWorker(environment, compatibility));
    });
    after(() => world?.[Symbol.asyncDispose]());

    meetings('in one isolate', () => ({ world, first: world.url, second: world.url }));
  });
}
