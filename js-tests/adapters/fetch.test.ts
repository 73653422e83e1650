import { adapterContract } from '../contract/adapter-contract.ts';
import { nodeApp } from '../contract/adapter/app.ts';

adapterContract('tokenkeep/fetch', nodeApp('fetch'));
