import type { Session } from 'tokenkeep';
import { RenewalError, renewSession } from 'tokenkeep/client';
import type { Report } from './report.ts';

/** What became of one request. */
export type Outcome = NonNullable<Report['how']> | 'noToken' | 'signedOut' | 'aborted' | 'failed';

/** One line of the log: requests that were sent together. */
export interface Entry {
  readonly id: number;
  readonly at: number;
  readonly what: string;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly failed: number;
  readonly tookMs: number;
  /** Renewals at Directus meanwhile; `null` when nobody counts them. */
  readonly renewals: number | null;
}

const KEPT_ENTRIES = 12;
/** A browser closes the connection of an aborted request in its own time; until then it would take the answer's cookie. */
const ABORT_MS = 200;

/** The state of the live panel. */
export class Panel {
  /** What is under way, for the person who waits. */
  busy = $state<string | null>(null);
  entries = $state.raw<readonly Entry[]>([]);
  signedIn = $state(false);
  generation = $state<number | null>(null);
  expiresAt = $state<number | null>(null);
  /** When this page first heard of the current token, epoch milliseconds. */
  seenAt = $state(0);
  readonly #controllable: boolean;
  #nextId = 1;

  constructor(session: Session | null, now: number, controllable: boolean) {
    this.#controllable = controllable;
    this.#learn(session !== null, session, now);
  }

  one = () => this.#act('One request', () => [me()]);

  parallel = (count: number) =>
    this.#act(`${count} parallel requests`, () => Array.from({ length: count }, () => me()));

  renew = () =>
    this.#run('Renewal asked for', async () => {
      await this.#record('Renewal asked for', async () => [renew()]);
      await this.#record('The next request', async () => [me()]);
    });

  /** Directus renews, the browser gives up before the answer is here, and comes back with its old cookie. */
  abort = () =>
    this.#run('Waiting for the token to expire, then aborting a request', async () => {
      await this.#expiry();
      const controller = new AbortController();
      await demo('hold');
      await this.#record('Aborted after Directus had renewed', async () => {
        const request = me(controller.signal);
        await demo('held');
        controller.abort();
        await delay(ABORT_MS);
        await demo('release');
        return [request];
      });
      await this.#record('The next one, with the old cookie', async () => [me()]);
    });

  /** Asks once a second until Directus is back. */
  down = () =>
    this.#run('Directus is down for five seconds', async () => {
      await demo('down');
      for (let asked = 0, back = false; asked < 20 && !back; asked++) {
        back = await this.#record(`${asked} s after Directus went down`, async () => [me()]);
        if (!back) await delay(1000);
      }
    });

  /** Waits until the token has expired, if it ever does. */
  #expiry(): Promise<void> {
    return delay((this.expiresAt ?? 0) - Date.now() + 50);
  }

  #act(what: string, send: () => Promise<Answer>[]): Promise<void> {
    return this.#run(what, () => this.#record(what, async () => send()));
  }

  async #run(what: string, work: () => Promise<unknown>): Promise<void> {
    this.busy = what;
    try {
      await work();
    } finally {
      this.busy = null;
    }
  }

  /** Sends requests, and notes what became of them. Resolves with whether all of them succeeded. */
  async #record(what: string, send: () => Promise<Promise<Answer>[]>): Promise<boolean> {
    const at = Date.now();
    const before = await this.#renewals();
    const started = performance.now();
    const answers = await Promise.all(await send());
    const tookMs = performance.now() - started;
    const after = await this.#renewals();
    for (const { report } of answers) if (report) this.#learn(report.signedIn, report, Date.now());
    const outcomes = new Map<Outcome, number>();
    for (const { outcome } of answers) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const failed = answers.filter(({ ok }) => !ok).length;
    const renewals = before === null || after === null ? null : after - before;
    const entry = { id: this.#nextId++, at, what, outcomes, failed, tookMs, renewals };
    this.entries = [entry, ...this.entries].slice(0, KEPT_ENTRIES);
    return failed === 0;
  }

  #learn(signedIn: boolean, session: Pick<Report, 'generation' | 'expiresAt'> | null, now: number) {
    this.signedIn = signedIn;
    const known = this.generation;
    this.generation = session?.generation ?? null;
    this.expiresAt = session?.expiresAt ?? null;
    if (known !== this.generation) this.seenAt = now;
  }

  async #renewals(): Promise<number | null> {
    return this.#controllable ? (await demo('counts')).refreshes : null;
  }
}

interface Answer {
  readonly ok: boolean;
  readonly outcome: Outcome;
  readonly report?: Report;
}

const me = (signal?: AbortSignal) => ask('/api/me', { signal: signal ?? null });

async function renew(): Promise<Answer> {
  try {
    await renewSession('/api/renew');
    return { ok: true, outcome: 'refreshed' };
  } catch (error) {
    const signedOut = error instanceof RenewalError && error.status === 401;
    return { ok: false, outcome: signedOut ? 'signedOut' : 'noToken' };
  }
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  try {
    // Without this, Chromium sends requests for the same address one after the other.
    const response = await fetch(url, { ...init, cache: 'no-store' });
    const report = (await response.json()) as Report;
    const outcome = report.how ?? (report.signedIn ? 'noToken' : 'signedOut');
    return { ok: response.ok, outcome, report };
  } catch (error) {
    const aborted = error instanceof DOMException && error.name === 'AbortError';
    return { ok: aborted, outcome: aborted ? 'aborted' : 'failed' };
  }
}

/** Without the cookie: with it, this request would be the one that renews the token. */
async function demo(action: 'counts' | 'hold' | 'held' | 'release' | 'down') {
  const method = action === 'counts' ? 'GET' : 'POST';
  const response = await fetch(`/api/demo?action=${action}`, { method, credentials: 'omit' });
  return response.json();
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
