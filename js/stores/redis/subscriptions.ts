import type { Connection, Subscriber } from './client.ts';

/** How long the connection outlives the last subscription: it would keep the process from ending. */
const IDLE_MS = 5000;

/** One interest in a channel. */
export interface Subscription {
  /** Messages arrive from now on. */
  readonly active: boolean;
  /** Resolves when it became active, or cannot for now; never rejects. */
  readonly settled: Promise<void>;
  remove(): void;
}

/** The subscriptions of one process over one connection, which is made when it is first needed. */
export class Subscriptions {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  readonly #listeners = new Map<string, Set<() => void>>();
  #subscriber: Promise<Subscriber> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** Calls `listener` with every message on the channel. */
  add(channel: string, listener: () => void): Subscription {
    clearTimeout(this.#idle);
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    let active = false;
    // Also for the second listener: the first one's subscription may still be under way.
    const subscribed = this.#open().then((subscriber) => subscriber.subscribe(channel));
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#timeoutMs);
    subscribed
      .then(() => void (active = true))
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer);
        resolve();
      });
    const remove = () => this.#remove(channel, listener);
    return {
      get active() {
        return active;
      },
      settled,
      remove,
    };
  }

  close(): void {
    clearTimeout(this.#idle);
    const subscriber = this.#subscriber;
    this.#subscriber = undefined;
    subscriber?.then((open) => open.close()).catch(() => {});
  }

  #open(): Promise<Subscriber> {
    if (this.#subscriber) return this.#subscriber;
    const opening = this.#connection.subscriber((channel) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener();
    });
    this.#subscriber = opening;
    opening.catch(() => {
      if (this.#subscriber === opening) this.#subscriber = undefined;
    });
    return opening;
  }

  #remove(channel: string, listener: () => void): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    // A connection performs commands in order: whoever subscribes after this stays subscribed.
    this.#subscriber?.then((subscriber) => subscriber.unsubscribe(channel)).catch(() => {});
    if (this.#listeners.size > 0) return;
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
  }
}
