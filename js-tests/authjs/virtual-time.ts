/** Imported first: from here on this process and its children go by the clock of the races. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tokenkeep-authjs-'));
const file = join(folder, 'offset');
writeFileSync(file, '0');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const clock = new URL('../races/virtual-clock.ts', import.meta.url).href;
process.env['RACES_CLOCK'] = file;
process.env['NODE_OPTIONS'] = `--import=${clock}`;
await import(clock);
