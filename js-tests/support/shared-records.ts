/** Two isolates of an application in workerd whose records are in Durable Objects of a third Worker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterApp } from '../contract/adapter/app.ts';
import { startWorkerd, type Workers, type WorkerSettings } from './worker.ts';

/** How objects fail. `''`: they do not. */
export type RecordFault = '' | 'throws' | 'hangs' | 'forgets to answer';

export class SharedRecords implements AdapterApp {
  readonly #settings: WorkerSettings;
  readonly #storage: string;
  readonly #config: string;
  #workers: Workers;
  #aheadMs = 0;

  private constructor(settings: WorkerSettings, storage: string, config: string, workers: Workers) {
    this.#settings = settings;
    this.#storage = storage;
    this.#config = config;
    this.#workers = workers;
  }

  /** `config`: what runs, as for `startWorkerd`; its sockets are called `one`, `two` and `records`. */
  static async start(settings: WorkerSettings, config = 'records.capnp'): Promise<SharedRecords> {
    const storage = await mkdtemp(join(tmpdir(), 'records-'));
    return new SharedRecords(settings, storage, config, await run(settings, storage, config));
  }

  /** The first isolate's origin. */
  get url(): string {
    return this.#at('one');
  }

  /** The second one's. */
  get otherUrl(): string {
    return this.#at('two');
  }

  async setClock(aheadMs: number): Promise<void> {
    this.#aheadMs = aheadMs;
    await Promise.all(['one', 'two', 'records'].map((name) => this.#put(`${this.#at(name)}/clock`, `${aheadMs}`)));
  }

  /** From now on the objects fail so; how often they were called since the last time. */
  async setFault(fault: RecordFault): Promise<number> {
    const response = await this.#put(`${this.#at('records')}/fault`, fault);
    return ((await response.json()) as { calls: number }).calls;
  }

  /** Ends the process, and all objects and isolates with it; starts another one on the same storage, at other addresses. */
  async restart(): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
    this.#workers = await run(this.#settings, this.#storage, this.#config);
    await this.setClock(this.#aheadMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]();
    await rm(this.#storage, { recursive: true });
  }

  #at(name: string): string {
    return this.#workers.urls[name] ?? '';
  }

  #put(url: string, body: string): Promise<Response> {
    return fetch(url, { method: 'PUT', body });
  }
}

function run({ DIRECTUS_URL, TOKENKEEP_SECRET }: WorkerSettings, storage: string, config: string): Promise<Workers> {
  const env = { DIRECTUS_URL, TOKENKEEP_SECRET };
  return startWorkerd({ config, sockets: ['one', 'two', 'records'], env, storage });
}
