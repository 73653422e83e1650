import { adapterContract } from '../contract/adapter-contract.ts';
import { buildFixture, startBuiltApp } from '../support/sveltekit-app.ts';

adapterContract('tokenkeep/sveltekit', async (environment) => {
  const folder = await buildFixture('contract', ['js-tests/sveltekit/fixtures/contract-routes.ts', 'js-tests/contract/adapter']);
  return startBuiltApp(folder, { ...environment });
});
