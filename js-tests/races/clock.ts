/** Moves the clock of all processes of the races; see `virtual-clock.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** For how long a process may still go by the old time, in ms. */
const NOTICED_MS = 10;

/** Lets `seconds` pass. */
export async function pass(seconds: number): Promise<void> {
  const file = process.env['RACES_CLOCK'];
  if (file === undefined) throw new Error('the races are started by `npm run races`');
  const offsetMs = Number(readFileSync(file, 'utf8'));
  writeFileSync(file, String(offsetMs + seconds * 1000));
  await delay(NOTICED_MS);
}
