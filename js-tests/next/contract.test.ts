import { adapterContract } from '../contract/adapter-contract.ts';
import { buildNextApp, REFERENCE, startNextApp } from '../support/next-app.ts';

adapterContract('tokenkeep/next, proxy.ts, next start', async (environment) =>
  startNextApp(await buildNextApp(REFERENCE), REFERENCE, { ...environment }),
);
