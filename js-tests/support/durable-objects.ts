/** Cloudflare's side of `tokenkeep/durable-object`, in this process: objects by name, each with a storage of its own. */
import { type RecordNamespace, TokenkeepRecord } from '../../js/stores/durable-object.ts';

/** One object, and what its storage holds. */
export class ObjectUnderTest {
  readonly values = new Map<string, unknown>();
  /** When the alarm rings, epoch milliseconds. */
  alarmAt: number | null = null;
  alarmsSet = 0;
  /** Writing fails. */
  full = false;
  #record = this.#construct();

  fetch(request: Request): Promise<Response> {
    return this.#record.fetch(request) as Promise<Response>;
  }

  /** The runtime drops it from memory, as it does after some seconds without a request. */
  evict(): void {
    this.#record = this.#construct();
  }

  async ring(): Promise<void> {
    this.alarmAt = null;
    await this.#record.alarm();
  }

  #construct(): TokenkeepRecord {
    const kv = {
      get: (key: string) => structuredClone(this.values.get(key)),
      put: (key: string, value: unknown) => {
        if (this.full) throw new Error('the storage is full');
        this.values.set(key, structuredClone(value));
      },
    };
    const setAlarm = async (at: number) => {
      this.alarmAt = at;
      this.alarmsSet += 1;
    };
    const deleteAlarm = async () => void (this.alarmAt = null);
    return new TokenkeepRecord({ storage: { kv, setAlarm, deleteAlarm, deleteAll: async () => this.values.clear() } });
  }
}

/** The binding of a class. */
export class ObjectsUnderTest implements RecordNamespace {
  readonly #objects = new Map<string, ObjectUnderTest>();
  /** What comes instead of an answer, by turns. */
  readonly faults: Array<() => Promise<Response>> = [];
  calls = 0;

  idFromName(name: string): { toString(): string } {
    return { toString: () => name };
  }

  get(id: { toString(): string }) {
    return {
      fetch: (url: string, init: RequestInit) => {
        this.calls += 1;
        const answer = this.faults.shift() ?? (() => this.object(String(id)).fetch(new Request(url, init)));
        return Promise.race([answer(), aborted(init.signal as AbortSignal)]);
      },
    };
  }

  object(name: string): ObjectUnderTest {
    const object = this.#objects.get(name) ?? new ObjectUnderTest();
    this.#objects.set(name, object);
    return object;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
