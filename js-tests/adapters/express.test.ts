import { nodeApp } from '../contract/adapter/app.ts';
import { adapterContract } from '../contract/adapter-contract.ts';
import { signInContract } from '../contract/sign-in-contract.ts';

adapterContract('tokenkeep/express', nodeApp('express'));
adapterContract('tokenkeep/express on node:http alone', nodeApp('node-http'));
signInContract('tokenkeep/express', nodeApp('express'));
