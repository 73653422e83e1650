/** Runs `app.ts` as a process of its own, as one of several with one secret. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AuthEvent } from '../../js/events.ts';
import type { ProviderSettings } from './contestant.ts';

export interface AppSettings {
  readonly provider: ProviderSettings;
  readonly secret: string;
  /** Default: the records are in the memory of the process. */
  readonly redisPort?: number;
}

/** An application under test. */
export interface RunningApp {
  readonly url: string;
  count(type: AuthEvent['type']): number;
  kill(): Promise<void>;
}

export class AppProcess implements RunningApp {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #events: AuthEvent['type'][] = [];

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}`;
    process.on('message', ({ event }: { event: AuthEvent['type'] }) => this.#events.push(event));
  }

  static async start(settings: AppSettings): Promise<AppProcess> {
    const file = fileURLToPath(new URL('app.ts', import.meta.url));
    const env = { ...process.env, RACES_APP: JSON.stringify(settings) };
    const started = fork(file, [], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const failed = once(started, 'exit').then(() => {
      throw new Error('the app ended before it answered');
    });
    const [message] = (await Promise.race([once(started, 'message'), failed])) as [{ port: number }];
    failed.catch(() => {});
    return new AppProcess(started, message.port);
  }

  count(type: AuthEvent['type']): number {
    return this.#events.filter((event) => event === type).length;
  }

  /** As a crash or the operating system would: nothing can be finished. */
  kill(): Promise<void> {
    return crash(this.#process);
  }
}

/** Ends a process as a crash or the operating system would. */
export async function crash(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}
