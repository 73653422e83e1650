/** The cookies of one request as they stand: those that it brought, and what was set since. */
import type { RequestPort } from './auth.ts';
import { type SetCookie, applyCookies, readCookies } from './cookies.ts';
import type { TokenManager } from './token-manager.ts';
import type { How } from './types.ts';

/** How a stage before this one may have come by the tokens. */
const EARLIER: readonly How[] = ['refreshed', 'adopted', 'waited', 'kept', 'loggedIn'];

/** Of one request. */
export class RequestCookies {
  readonly #port: Pick<RequestPort, 'cookies' | 'writer'>;
  readonly #start: string;
  readonly #set = new Map<string, SetCookie>();
  #lost = false;

  constructor(port: Pick<RequestPort, 'cookies' | 'writer'>, { prefix, secure }: TokenManager['cookie']) {
    this.#port = port;
    this.#start = `${secure ? '__Host-' : ''}${prefix}.`;
  }

  /** The name of a cookie of ours that is not a session's: the core recognises those by their hyphen. */
  nameOf(what: string): string {
    return this.#start + what;
  }

  /** The `Cookie` header: what was set during the request is in it. */
  get header(): string {
    return applyCookies(this.#port.cookies, [...this.#set.values()]);
  }

  /** The `Cookie` header that the request came with. */
  get brought(): string {
    return this.#port.cookies;
  }

  /** Whether the response can still carry one. */
  get open(): boolean {
    return this.#port.writer.open;
  }

  /** Sets them for the rest of the request and, unless `false` is returned, on the response. */
  set(cookies: readonly SetCookie[]): boolean {
    for (const cookie of cookies) this.#set.set(cookie.name, cookie);
    this.#lost = !this.open || !this.#port.writer.set(cookies);
    return !this.#lost;
  }

  /** Whether the last ones have not reached the response. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether some have been set. */
  get changed(): boolean {
    return this.#set.size > 0;
  }

  /**
   * The `Cookie` header for a later stage of this request, which opens the session anew: `header` with what was
   * set, and with `how` its tokens were come by.
   */
  forLater(header: string, how: How | null): string {
    return applyCookies(header, [...this.#set.values(), { name: this.nameOf('how'), value: how ?? '' }]);
  }

  /** What an earlier stage has said in {@link forLater}. No other site can; a page that does fools only its own visitor. */
  get earlier(): How | undefined {
    const name = this.nameOf('how');
    const said = this.brought.includes(name) ? readCookies(this.brought).get(name) : undefined;
    return EARLIER.find((how) => how === said);
  }
}
