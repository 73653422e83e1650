import { nodeApp } from '../contract/adapter/app.ts';
import { adapterContract } from '../contract/adapter-contract.ts';

adapterContract('tokenkeep/hono', nodeApp('hono'));
