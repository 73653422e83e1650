import { adapterContract } from '../contract/adapter-contract.ts';
import { startWorker } from '../support/worker.ts';

adapterContract('tokenkeep/fetch in workerd', (environment) => startWorker(environment, 'today'));
