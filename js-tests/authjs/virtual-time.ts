/** Imported first: from here on this process and its apps go by the clock of the races. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tokenkeep-authjs-'));
const file = join(folder, 'offset');
writeFileSync(file, '0');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

process.env['RACES_CLOCK'] = file;
await import('../races/virtual-clock.ts');
