/** Prints the table; see `tools/races.mjs`. */
import { parseArgs } from 'node:util';
import { withoutTool } from '../../tools/system-tools.mjs';
import { bursts } from './bursts.ts';
import { type Contestant, realDirectus, standIn, strictOidcProvider } from './contestant.ts';
import { crashes } from './crashes.ts';
import { logouts } from './logouts.ts';
import { outages } from './outages.ts';
import { type Row, full, quick } from './row.ts';
import { lostResponses, stragglers } from './stragglers.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'stand-in': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});

const missing = withoutTool('redis-server');
if (missing) throw new Error(missing);

const effort = options.quick ? quick : full;
const rows: Row[] = [
  ...bursts(effort),
  ...stragglers(),
  ...lostResponses(),
  ...outages(effort),
  ...crashes(),
  ...logouts(effort),
].filter(({ name }) => name.includes(options.only));

console.log(`cells: refreshes / failed requests per round / lost sessions, in ${effort.rounds} rounds`);
console.log('access tokens live 15 min; while they expire only the clock moves, outages are real time\n');
let wrong = 0;
for (const start of [strictOidcProvider, options['stand-in'] ? standIn : realDirectus]) {
  const contestant = await start();
  for (const row of rows) wrong += await raced(row, contestant);
  await contestant.close();
}
console.log(wrong === 0 ? '\nevery cell is as it should be' : `\n${wrong} cells are NOT as they should be`);
process.exit(wrong === 0 ? 0 : 1);

/** Prints one line. 1 if its cell is not the targeted one. */
async function raced(row: Row, contestant: Contestant): Promise<number> {
  const cell = await row.run(contestant).catch((error: Error) => `ERROR ${error.message}`);
  const right = cell === row.target;
  const mark = right ? '' : `   <- should be ${row.target}`;
  console.log(`tokenkeep | ${contestant.name} | ${row.name} | ${cell}${mark}`);
  return right ? 0 : 1;
}
