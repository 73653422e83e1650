import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTrap, loadCore, resetCore } from '../../js/load/core.ts';

/** A module whose only function traps; assembled here so that the core needs none. */
function trappingFunction(): () => void {
  const bytes = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, 4, 1, 0x60, 0, 0],
    [3, 2, 1, 0],
    [7, 5, 1, 1, 0x74, 0, 0],
    [10, 5, 1, 3, 0, 0x00, 0x0b],
  ];
  const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes.flat())));
  return instance.exports['t'] as () => void;
}

function caught(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('the core is the same object until it is reset', () => {
  const core = loadCore();
  assert.equal(loadCore(), core);
  resetCore();
  assert.notEqual(loadCore(), core);
});

test('a reset brings an instance with a memory of its own', () => {
  const { memory } = loadCore().raw;
  resetCore();
  assert.notEqual(loadCore().raw.memory, memory);
});

test('a WebAssembly trap and an exhausted stack are traps, other errors are not', () => {
  const endless = (): void => endless();
  assert.equal(isTrap(caught(trappingFunction())), true);
  assert.equal(isTrap(caught(endless)), true);
  assert.equal(isTrap(new TypeError('unrelated')), false);
  assert.equal(isTrap('unrelated'), false);
});
