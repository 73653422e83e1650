import test from 'node:test';
import { Core } from '../../js/core.ts';
import { MemoryStore } from '../../js/stores/memory.ts';
import { storeContract } from '../../js/testing.ts';

const core = new Core({}, () => {});
const systemTime = Date.now;
let ahead = 0;
Date.now = () => systemTime() + ahead;

storeContract(test, ({ maxAge }) => ({
  store: new MemoryStore(core, { maxAge }),
  advance: (ms) => void (ahead += ms),
}));
