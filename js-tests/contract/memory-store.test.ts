import { describe, test } from 'node:test';
import { Core } from '../../js/core.ts';
import { MemoryStore } from '../../js/stores/memory.ts';
import { storeContract } from '../../js/testing.ts';

const core = new Core({}, () => {});
const systemTime = Date.now;
let ahead = 0;
Date.now = () => systemTime() + ahead;

const advance = (ms: number) => void (ahead += ms);

describe('waiters are told', () => {
  storeContract(test, ({ maxAge }) => ({ store: new MemoryStore(core, { maxAge }), advance }));
});

describe('waiters look', () => {
  storeContract(test, ({ maxAge }) => ({ store: new MemoryStore(core, { maxAge, pollMs: 5 }), advance }));
});
