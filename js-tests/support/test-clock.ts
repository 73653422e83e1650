/** A clock that a test sets forward for the processes it starts: hours pass at once, timers stay real. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const preload = new URL('../races/virtual-clock.ts', import.meta.url);
/** For how long a process may still go by the old time, in ms. */
const NOTICED_MS = 10;

export class TestClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'clock-'));
  readonly #file = join(this.#folder, 'offset');
  #offsetMs = 0;

  constructor() {
    writeFileSync(this.#file, '0');
  }

  /** Epoch ms: for what runs in the test's own process. */
  readonly now = (): number => Date.now() + this.#offsetMs;

  /** The environment of processes that go by this clock. */
  get env(): NodeJS.ProcessEnv {
    return { RACES_CLOCK: this.#file, NODE_OPTIONS: `--import=${preload.href}` };
  }

  /** Lets `seconds` pass. */
  async pass(seconds: number): Promise<void> {
    this.#offsetMs += seconds * 1000;
    writeFileSync(this.#file, String(this.#offsetMs));
    await delay(NOTICED_MS);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
