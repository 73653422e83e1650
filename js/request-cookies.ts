/** The cookies of one request as they stand: those that it brought, and what was set since. */
import type { RequestPort } from './auth.ts';
import { type SetCookie, applyCookies, readCookies } from './cookies.ts';
import type { How } from './types.ts';

/** How a stage before this one may have come by the tokens. */
const EARLIER: readonly How[] = ['refreshed', 'adopted', 'waited', 'kept', 'loggedIn'];

/** Of one request. */
export class RequestCookies {
  readonly #port: Pick<RequestPort, 'cookies' | 'writer'>;
  readonly #howName: string;
  readonly #set = new Map<string, SetCookie>();

  /** `prefix`: what the names of this configuration's cookies begin with. */
  constructor(port: Pick<RequestPort, 'cookies' | 'writer'>, prefix: string) {
    this.#port = port;
    this.#howName = `${prefix}.how`;
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
    return this.open && this.#port.writer.set(cookies);
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
    return applyCookies(header, [...this.#set.values(), { name: this.#howName, value: how ?? '' }]);
  }

  /** What an earlier stage has said in {@link forLater}. A visitor who says it fools only themselves. */
  get earlier(): How | undefined {
    if (!this.brought.includes(this.#howName)) return undefined;
    const said = readCookies(this.brought).get(this.#howName);
    return EARLIER.find((how) => how === said);
  }
}
