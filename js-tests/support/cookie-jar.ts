/** The cookies that a browser keeps for one host, by name. */
export class CookieJar extends Map<string, string> {
  /** What a request sends: the header `Cookie`, or none when there are none. */
  get headers(): { cookie?: string } {
    return this.size === 0 ? {} : { cookie: this.header };
  }

  /** The value of that header. */
  get header(): string {
    return Array.from(this, (pair) => pair.join('=')).join('; ');
  }

  /** Lets `Set-Cookie` headers arrive. An empty value is a deletion too, as Directus writes it. */
  receive(setCookie: readonly string[]): void {
    for (const line of setCookie) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /;\s*max-age=0(?:;|$)/i.test(line)) this.delete(name);
      else this.set(name, value);
    }
  }
}
