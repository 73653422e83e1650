/** As much of a browser as the main job needs: it keeps the cookies of one origin, and names that origin. */
import { CookieJar } from '../../js-tests/support/cookie-jar.ts';

export class Browser {
  readonly origin: string;
  readonly #jar = new CookieJar();

  constructor(origin: string) {
    this.origin = origin;
  }

  get cookieNames(): string[] {
    return [...this.#jar.keys()];
  }

  /** Sends a request with the cookies as they are now. What the answer sets is not kept by itself. */
  send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { accept: 'text/html', origin: this.origin, ...this.#jar.headers };
    return fetch(new URL(path, this.origin), { ...init, headers, redirect: 'manual' });
  }

  /** Takes over what an answer sets and deletes. `Secure` is as good as kept: this is localhost. */
  keepCookies(response: Response): void {
    this.#jar.receive(response.headers.getSetCookie());
  }
}
