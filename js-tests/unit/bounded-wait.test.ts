import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../js/bounded-wait.ts';

test('work that takes longer is answered by what is late', async () => {
  assert.equal(await within(new Promise(() => {}), 1, () => 'late'), 'late');
});

test('a time that is longer than a timer can be is no short one', async () => {
  for (const ms of [Number.POSITIVE_INFINITY, 2 ** 40]) assert.equal(await within(delay(20, 'done'), ms, () => 'late'), 'done');
});

test('a time that is over already is no warning', async (t) => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  assert.equal(await within(new Promise(() => {}), -5, () => 'late'), 'late');
  await delay(5);
  assert.deepEqual(warnings, []);
});
