import { adapterContract } from '../contract/adapter-contract.ts';
import { signInContract } from '../contract/sign-in-contract.ts';
import { nodeApp } from '../contract/adapter/app.ts';

adapterContract('tokenkeep/fetch', nodeApp('fetch'));
signInContract('tokenkeep/fetch', nodeApp('fetch'));
