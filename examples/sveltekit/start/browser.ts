/** As much of a browser as the scenario needs: it keeps cookies, and names its origin. */
export class Browser {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  get cookieNames(): string[] {
    return [...this.#cookies.keys()];
  }

  /** Sends a request with the cookies as they are now. What the answer sets is not kept by itself. */
  send(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = Array.from(this.#cookies, (pair) => pair.join('=')).join('; ');
    const headers = { accept: 'text/html', origin: this.#origin, ...(cookie && { cookie }) };
    return fetch(new URL(path, this.#origin), { ...init, headers, redirect: 'manual' });
  }

  /** Takes over what an answer sets and deletes. `Secure` is as good as kept: this is localhost. */
  keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (attributes.includes('Max-Age=0')) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}
