/** Prints the table; see `tools/races.mjs`. */
import { parseArgs } from 'node:util';
import { withoutTool } from '../../tools/system-tools.mjs';
import { authjsRows } from './authjs.ts';
import { bursts } from './bursts.ts';
import {
  type Contestant,
  guideOfAuthjs,
  realDirectus,
  standIn,
  strictOidcProvider,
  tokenkeepInAuthjs,
} from './contestant.ts';
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
];
const directus = options['stand-in'] ? standIn : realDirectus;
const races: [subject: string, start: () => Promise<Contestant>, rows: Row[]][] = [
  ['tokenkeep', strictOidcProvider, rows],
  ['tokenkeep', directus, rows],
  ['tokenkeep+authjs', tokenkeepInAuthjs, authjsRows(effort)],
  ['authjs guide', guideOfAuthjs, authjsRows(effort)],
];

console.log(`cells: refreshes / failed requests per round / lost sessions, in ${effort.rounds} rounds`);
console.log('access tokens live 15 min; while they expire only the clock moves, outages are real time');
console.log('authjs guide is there for comparison: its cells may say anything\n');
let wrong = 0;
for (const [subject, start, rows] of races) {
  const wanted = rows.filter(({ name }) => `${subject} | ${name}`.includes(options.only));
  if (wanted.length === 0) continue;
  const contestant = await start();
  for (const row of wanted) wrong += await raced(subject, row, contestant);
  await contestant.close();
}
console.log(wrong === 0 ? '\nevery cell is as it should be' : `\n${wrong} cells are NOT as they should be`);
process.exit(wrong === 0 ? 0 : 1);

/** Prints one line. 1 if its cell is not the targeted one. */
async function raced(subject: string, row: Row, contestant: Contestant): Promise<number> {
  const cell = await row.run(contestant).catch((error: Error) => `ERROR ${error.message}`);
  const right = cell === row.target || contestant.isForComparison === true;
  const mark = right ? '' : `   <- should be ${row.target}`;
  console.log(`${subject} | ${contestant.name} | ${row.name} | ${cell}${mark}`);
  return right ? 0 : 1;
}
