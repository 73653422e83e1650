/** A visitor of an application in this process: a cookie jar, and requests that are code in place of routes. */
import type { FetchAuth } from '../../js/adapters/fetch.ts';
import type { Auth } from '../../js/types.ts';
import { CookieJar } from './cookie-jar.ts';

/** What a request brought. */
export interface Visit<T> {
  /** What the code returned. */
  readonly value: T;
  /** Every `Set-Cookie` header. */
  readonly setCookie: readonly string[];
  readonly headers: Headers;
}

export interface VisitOptions {
  /** Default: the application's front page. */
  url?: string;
  /** The answer is lost on its way: its cookies never reach the jar. */
  lost?: boolean;
}

export class Visitor {
  readonly jar: CookieJar;
  readonly #application: FetchAuth;

  constructor(application: FetchAuth, jar: Iterable<readonly [string, string]> = []) {
    this.#application = application;
    this.jar = new CookieJar(jar);
  }

  /** The same cookies, as they are now, in a jar of its own; by default at the same application. */
  copy(application = this.#application): Visitor {
    return new Visitor(application, this.jar);
  }

  /** One request, whose handler is `work`. What it throws is thrown, and the answer is lost then. */
  async visit<T>(
    work: (auth: Auth, request: Request) => T | Promise<T>,
    { url = 'https://app.example.com/', lost = false }: VisitOptions = {},
  ): Promise<Visit<T>> {
    const incoming = new Request(url, { headers: this.jar.headers });
    let value: T | undefined;
    const { headers } = await this.#application.handle(incoming, async (request, auth) => {
      value = await work(auth, request as Request);
      return new Response();
    });
    const setCookie = headers.getSetCookie();
    if (!lost) this.receive(setCookie);
    return { value: value as T, setCookie, headers };
  }

  /** `visit` for what it returns. */
  async ask<T>(work: (auth: Auth, request: Request) => T | Promise<T>, options?: VisitOptions): Promise<T> {
    return (await this.visit(work, options)).value;
  }

  /** Lets cookies arrive. */
  receive(setCookie: readonly string[]): void {
    this.jar.receive(setCookie);
  }
}
