import { adapterContract } from '../contract/adapter-contract.ts';
import { buildFixture, startBuiltApp } from '../support/sveltekit-app.ts';

adapterContract('tokenkeep/sveltekit', async (environment) => startBuiltApp(await buildFixture('contract'), { ...environment }));
