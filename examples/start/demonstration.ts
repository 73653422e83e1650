/** What every example offers to main.ts. */
import type { RunningApp } from './app.ts';

/** An example that runs. */
export interface Demonstration {
  readonly app: RunningApp;
  /** Shows the main job on the terminal, and tells whether it went as it should. */
  play(): Promise<boolean>;
  /** Continues the sentence `Open … and sign in`. */
  readonly signIn: string;
}

/** Starts an example with a provider, both of which it leaves to `started`. */
export type Start = (provider: string, started: Started) => Promise<Demonstration>;

/** What has been started, so that it can be ended: the last first. */
export class Started {
  readonly #running: Array<{ stop(): Promise<void> }> = [];

  async add<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const running = await starting;
    this.#running.unshift(running);
    return running;
  }

  async stop(): Promise<void> {
    for (const running of this.#running.splice(0)) await running.stop().catch(() => {});
  }
}
