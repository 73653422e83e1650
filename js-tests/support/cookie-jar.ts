/** The cookies that a browser keeps for one host. */
export class CookieJar {
  readonly #cookies: Map<string, string>;

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.#cookies = new Map(cookies);
  }

  get names(): string[] {
    return [...this.#cookies.keys()];
  }

  /** Headers that send them; none when there are none. */
  get headers(): { cookie?: string } {
    const cookie = Array.from(this.#cookies, (pair) => pair.join('=')).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  /** Lets `Set-Cookie` headers arrive. An empty value is a deletion too, as Directus writes it. */
  receive(setCookie: readonly string[]): void {
    for (const line of setCookie) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /;\s*max-age=0(?:;|$)/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.#cookies[Symbol.iterator]();
  }
}
