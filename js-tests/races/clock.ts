/** Moves the clock of all processes that go by one file; see `virtual-clock.ts`. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** For how long a process may still go by the old time, in ms. */
const NOTICED_MS = 10;

/** Lets `seconds` pass, for the processes of the races. */
export async function pass(seconds: number): Promise<void> {
  const file = process.env['RACES_CLOCK'];
  if (file === undefined) throw new Error('the races are started by `npm run races`');
  await setOffset(file, Number(readFileSync(file, 'utf8')) + seconds * 1000);
}

/** Sets the clock of the processes that go by `file` this much ahead of the machine's. */
export async function setOffset(file: string, offsetMs: number): Promise<void> {
  // Renamed: nobody reads a file that is still empty, which would be the machine's own time.
  writeFileSync(`${file}.next`, String(offsetMs));
  renameSync(`${file}.next`, file);
  await delay(NOTICED_MS);
}
