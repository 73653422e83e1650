/** A shared store that can be counted and taken down, by the core's own rules. */
import { setTimeout as delay } from 'node:timers/promises';
import { Core } from '../../js/core.ts';
import type { RecordValue } from '../../js/process-state.ts';
import type { Store, StoreAnswer, StoreVerb } from '../../js/store.ts';

export class SharedStore implements Store {
  /** It does not answer. */
  down = false;
  readonly fallback: 'memory' | undefined;
  readonly calls: StoreVerb[] = [];
  readonly #core = new Core({}, () => {});
  readonly #records = new Map<string, RecordValue>();

  constructor(options: { fallback?: 'memory' } = {}) {
    this.fallback = options.fallback;
  }

  async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    this.calls.push(verb);
    if (this.down) throw new Error('down');
    const known = this.#records.get(sessionId);
    const [record, answer] = this.#core.applyVerb(known, undefined, verb, Date.now());
    if (record) this.#records.set(sessionId, record);
    return answer;
  }

  async wait(
    sessionId: string,
    look: { generation: number; drain: boolean },
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    for (;;) {
      signal.throwIfAborted();
      const verb = { verb: 'look', ...look } as const;
      const found = await this.perform(sessionId, verb).catch(() => undefined);
      if (found && found.answer !== 'held') return found;
      await delay(2);
    }
  }
}
