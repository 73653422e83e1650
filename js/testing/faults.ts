/** What can go wrong between a client and a provider, and the switches with which a test makes it so. */

/** One thing that goes wrong with a request. */
export type Fault =
  /** Answered with this status instead of being processed. `retryAfter` (seconds) becomes `Retry-After`. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number; readonly body?: unknown }
  /** Answered with an HTML page instead of being processed, as proxies and captive portals do. Default status: 502. */
  | { readonly kind: 'html'; readonly status?: number }
  /**
   * Held until {@link FaultSwitches.release}. By default (`'after'`) the request is processed at once and its answer held: a token has
   * been rotated and the client does not know. `'before'` holds the request; it is not processed if the client gives up.
   */
  | { readonly kind: 'hang'; readonly when?: 'before' | 'after' }
  /** Processed, then the connection is closed without an answer: a token has been rotated and the client will never know. */
  | { readonly kind: 'dropResponse' }
  /**
   * The connection is closed without processing anything. To a client it looks like `dropResponse`; for a connection that cannot be made
   * at all (`ECONNREFUSED`) take the server offline.
   */
  | { readonly kind: 'refuse' };

/** Method and path of a request. */
export interface RequestLine {
  /** In capitals. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** Selects requests: `'POST /auth/refresh'`, `'/auth/refresh'` (any method), `'/auth/*'` (a prefix), or a predicate. */
export type RequestMatcher = string | ((request: RequestLine) => boolean);

/** True when `matcher` selects `request`. */
export function matches(matcher: RequestMatcher, request: RequestLine): boolean {
  if (typeof matcher === 'function') return matcher(request);
  const subject = matcher.startsWith('/') ? request.path : `${request.method} ${request.path}`;
  return matcher.endsWith('*') ? subject.startsWith(matcher.slice(0, -1)) : subject === matcher;
}

interface Switch {
  readonly matcher: RequestMatcher;
  readonly fault: Fault;
  /** How many more requests it applies to. */
  remaining: number;
}

/** Decides which requests fail, and holds those that hang. Switches set with `next` come before those set with `set`. */
export class FaultSwitches {
  #once: Switch[] = [];
  #standing: Switch[] = [];
  readonly #held = new Set<() => void>();
  #watchers: Array<{ count: number; resolve: () => void }> = [];

  /** The next `times` matching requests meet `fault`. Several calls queue up. */
  next(matcher: RequestMatcher, fault: Fault, times = 1): void {
    this.#once.push({ matcher, fault, remaining: times });
  }

  /** Every matching request meets `fault` until {@link clear}. The newest switch wins. */
  set(matcher: RequestMatcher, fault: Fault): void {
    this.#standing.unshift({ matcher, fault, remaining: Infinity });
  }

  /** Nothing fails any more, and what was held goes on. */
  clear(): void {
    this.#once = [];
    this.#standing = [];
    this.release();
  }

  /** How many requests are being held. One whose client gives up no longer is. */
  get held(): number {
    return this.#held.size;
  }

  /** Resolves when exactly `count` requests are being held. */
  whenHeld(count = 1): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ count, resolve });
      this.#notify();
    });
  }

  /** Lets every held request go on. */
  release(): void {
    for (const goOn of [...this.#held]) goOn();
  }

  /**
   * The fault that `request` meets, used up if it came from `next`. For the server.
   *
   * @internal
   */
  take(request: RequestLine): Fault | undefined {
    const found = [...this.#once, ...this.#standing].find(({ matcher }) => matches(matcher, request));
    if (!found) return undefined;
    found.remaining -= 1;
    this.#once = this.#once.filter(({ remaining }) => remaining > 0);
    return found.fault;
  }

  /**
   * Resolves at the next {@link release}, or when the client is `gone`. For the server.
   *
   * @internal
   */
  hold(gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const goOn = () => {
        this.#held.delete(goOn);
        this.#notify();
        resolve();
      };
      this.#held.add(goOn);
      gone.addEventListener('abort', goOn, { once: true });
      this.#notify();
    });
  }

  #notify(): void {
    const reached = this.#watchers.filter(({ count }) => count === this.held);
    this.#watchers = this.#watchers.filter((watcher) => !reached.includes(watcher));
    for (const { resolve } of reached) resolve();
  }
}
