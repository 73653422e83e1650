/** A clock that a test sets forward for the processes it starts: hours pass at once, timers stay real. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setOffset } from '../races/clock.ts';

const preload = new URL('../races/virtual-clock.ts', import.meta.url);

export class TestClock implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'clock-'));
  readonly #file = join(this.#folder, 'offset');
  #aheadMs = 0;

  constructor() {
    writeFileSync(this.#file, '0');
  }

  /** How far it is ahead of the machine's. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Epoch ms: for what runs in the test's own process. */
  readonly now = (): number => Date.now() + this.#aheadMs;

  /** The environment of processes that go by this clock. */
  get env(): { readonly RACES_CLOCK: string; readonly NODE_OPTIONS: string } {
    return { RACES_CLOCK: this.#file, NODE_OPTIONS: `--import=${preload.href}` };
  }

  /** Lets `seconds` pass. */
  async pass(seconds: number): Promise<void> {
    this.#aheadMs += seconds * 1000;
    await setOffset(this.#file, this.#aheadMs);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
