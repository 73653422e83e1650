import { adapterContract } from '../contract/adapter-contract.ts';
import { SharedRecords } from '../support/shared-records.ts';
import { startWorker } from '../support/worker.ts';

adapterContract('tokenkeep/fetch in workerd', (environment) => startWorker(environment, 'today'));
adapterContract('tokenkeep/fetch in workerd, with records in Durable Objects', (environment) => SharedRecords.start(environment));
