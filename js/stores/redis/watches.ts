import type { StoreAnswer } from '../../store.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Between two looks where no message can arrive; grows from the first to the second. */
const POLL_MS = [50, 250] as const;
/** Between two looks while subscribed: a message can be lost while a connection is made anew. */
const BACKSTOP_MS = 1000;

/** Waits for records to change. Everybody in this process who waits for the same thing shares one watch. */
export class Watches {
  readonly #subscriptions: Subscriptions;
  readonly #watches = new Map<string, Watch>();

  constructor(subscriptions: Subscriptions) {
    this.#subscriptions = subscriptions;
  }

  /**
   * Resolves with the first answer of `look` that is not `held`. A look that rejects is made again.
   * `name` names what is looked for; `channel` is where its changes are told.
   */
  async wait(
    name: string,
    channel: string,
    look: () => Promise<StoreAnswer>,
    signal: AbortSignal,
  ): Promise<StoreAnswer> {
    signal.throwIfAborted();
    const watch = this.#watches.get(name) ?? this.#start(name, channel, look);
    watch.waiting += 1;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([watch.answer, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      watch.waiting -= 1;
      if (watch.waiting === 0) this.#stop(name, watch);
    }
  }

  #start(name: string, channel: string, look: () => Promise<StoreAnswer>): Watch {
    const bell = new Bell();
    const answer = this.#follow(channel, look, bell);
    const watch = { waiting: 0, answer, bell };
    this.#watches.set(name, watch);
    // Whoever comes after the answer must not get it: it was true before they asked.
    const settled = () => this.#stop(name, watch);
    answer.then(settled, settled);
    return watch;
  }

  #stop(name: string, watch: Watch): void {
    watch.bell.stop();
    if (this.#watches.get(name) === watch) this.#watches.delete(name);
  }

  async #follow(
    channel: string,
    look: () => Promise<StoreAnswer>,
    bell: Bell,
  ): Promise<StoreAnswer> {
    const subscription = this.#subscriptions.add(channel, () => bell.ring());
    try {
      // Subscribe, then look: the other way round, a change between the two would be missed.
      await subscription.settled;
      for (let [pause, longest]: [number, number] = [...POLL_MS]; ; pause = Math.min(pause * 1.5, longest)) {
        bell.listen();
        const found = await look().catch(() => undefined);
        if (found && found.answer !== 'held') return found;
        const untilLeaseEnds = found ? found.leaseMs + 1 : pause;
        await bell.heard(Math.min(untilLeaseEnds, subscription.active ? BACKSTOP_MS : pause));
      }
    } finally {
      subscription.remove();
    }
  }
}

interface Watch {
  waiting: number;
  readonly answer: Promise<StoreAnswer>;
  readonly bell: Bell;
}

/** Rung by messages. One that rings during a look is heard after it. */
class Bell {
  #rung = Promise.withResolvers<void>();
  #stopped = false;

  ring(): void {
    this.#rung.resolve();
  }

  listen(): void {
    this.#rung = Promise.withResolvers();
  }

  /** Nobody waits any more: the next `heard` rejects. */
  stop(): void {
    this.#stopped = true;
    this.ring();
  }

  /** Resolves at the next ring since `listen`, or after `ms`. */
  async heard(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    if (!this.#stopped) await Promise.race([this.#rung.promise, timeout]);
    clearTimeout(timer);
    if (this.#stopped) throw new Error('nobody waits any more');
  }
}
