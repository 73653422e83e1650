/** SvelteKit in Workers: built by Vite, bundled for workerd, in two isolates that share their records in Durable Objects. */
import { after, before } from 'node:test';
import { adapterContract } from '../contract/adapter-contract.ts';
import { World } from '../contract/adapter/world.ts';
import type { SharedRecords } from '../support/shared-records.ts';
import { startSvelteKitWorker } from '../support/sveltekit-worker.ts';
import { meetings } from './meetings.ts';

adapterContract('tokenkeep/sveltekit in workerd', startSvelteKitWorker);

let app: SharedRecords;
let world: World;
before(async () => {
  world = await World.start(async (environment) => (app = await startSvelteKitWorker(environment)));
});
after(() => world?.[Symbol.asyncDispose]());

meetings('in two isolates', () => ({ world, first: app.url, second: app.otherUrl }));
meetings('the other way round', () => ({ world, first: app.otherUrl, second: app.url }));
