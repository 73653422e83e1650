/** What a browser does with cookies, over an adapter's `handle` or over the network. */

/** Sends one request; the signature of `fetch`, and of an application called in this process. */
export type Send = (request: Request) => Promise<Response>;

/** A cookie jar of one host. `Set-Cookie` is applied when the headers arrive, in whatever order they do. */
export class Browser {
  readonly #send: Send;
  readonly #cookies: Map<string, string>;

  constructor(send: Send, cookies: Iterable<[string, string]> = []) {
    this.#send = send;
    this.#cookies = new Map(cookies);
  }

  /** The same browser as it is now: a tab that slept, or a request that was sent long ago. */
  snapshot(): Browser {
    return new Browser(this.#send, this.#cookies);
  }

  get cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.ignore(url, init);
    for (const header of response.headers.getSetCookie()) this.#apply(header);
    return response;
  }

  /** The same, but the response is lost on its way: its cookies are not applied. */
  async ignore(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size > 0) headers.set('cookie', this.cookies);
    return this.#send(new Request(url, { ...init, headers }));
  }

  #apply(header: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
    if (/;\s*max-age=0/i.test(header)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
