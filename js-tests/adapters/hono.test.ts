import { nodeApp } from '../contract/adapter/app.ts';
import { adapterContract } from '../contract/adapter-contract.ts';
import { signInContract } from '../contract/sign-in-contract.ts';

adapterContract('tokenkeep/hono', nodeApp('hono'));
signInContract('tokenkeep/hono', nodeApp('hono'));
