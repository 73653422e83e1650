/** The rows of `npm run races`, each as a test: a guard, a layout and a page that read the session. */
import './virtual-time.ts';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withoutTool } from '../../tools/system-tools.mjs';
import { authjsRows } from '../races/authjs.ts';
import { type Contestant, tokenkeepInAuthjs } from '../races/contestant.ts';
import { quick } from '../races/row.ts';

const skip = withoutTool('redis-server');
let contestant: Contestant;

before(async () => {
  contestant = await tokenkeepInAuthjs();
});
after(() => contestant.close());

for (const row of authjsRows(quick)) {
  test(`${row.name}: ${row.target}`, { skip: row.name.includes('Redis') && skip }, async () => {
    assert.equal(await row.run(contestant), row.target);
  });
}
