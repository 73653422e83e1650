import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasNeighbour } from '../../js/neighbours.ts';
import { processState } from '../../js/process-state.ts';

const MINUTE = 60_000;

test('row 7: another process that shares no store is told of once, after its seals were met twice five minutes apart', () => {
  const { startedAt, instance } = processState();
  const other = { instance: '0000000000000000', sealedAt: startedAt + 1 };
  assert.equal(hasNeighbour({ ...other, instance }, startedAt + MINUTE), false, 'our own seal');
  assert.equal(hasNeighbour({ ...other, sealedAt: startedAt }, startedAt), false, 'before we started');
  assert.equal(hasNeighbour(other, startedAt + MINUTE), false);
  assert.equal(hasNeighbour(other, startedAt + 6 * MINUTE - 1), false);
  assert.equal(hasNeighbour(other, startedAt + 6 * MINUTE), true);
  assert.equal(hasNeighbour(other, startedAt + 60 * MINUTE), false, 'only once');
});
