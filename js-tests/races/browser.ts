/** What a browser does with cookies, over an adapter's `handle` or over the network. */
import { CookieJar } from '../support/cookie-jar.ts';

/** Sends one request; the signature of `fetch`, and of an application called in this process. */
export type Send = (request: Request) => Promise<Response>;

/** A cookie jar of one host. `Set-Cookie` is applied when the headers arrive, in whatever order they do. */
export class Browser {
  readonly #send: Send;
  readonly #jar: CookieJar;

  constructor(send: Send, cookies: Iterable<[string, string]> = []) {
    this.#send = send;
    this.#jar = new CookieJar(cookies);
  }

  /** The same browser as it is now: a tab that slept, or a request that was sent long ago. */
  snapshot(): Browser {
    return new Browser(this.#send, this.#jar);
  }

  get cookies(): string {
    return this.#jar.header;
  }

  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.ignore(url, init);
    this.#jar.receive(response.headers.getSetCookie());
    return response;
  }

  /** The same, but the response is lost on its way: its cookies are not applied. */
  async ignore(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#jar.size > 0) headers.set('cookie', this.#jar.header);
    return this.#send(new Request(url, { ...init, headers }));
  }
}
