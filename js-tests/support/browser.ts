/** A browser as far as cookies go: one jar per host, filled when the headers of an answer arrive. */
import { CookieJar } from './cookie-jar.ts';

/** What a click brought. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  /** Every `Set-Cookie` header. */
  readonly setCookie: readonly string[];
  /** The body as it came. */
  readonly text: string;
  /** The JSON body; `null` when it was none. */
  readonly body: any;
}

/** How a request is made. */
export interface ClickOptions {
  /** Sent as JSON. */
  body?: unknown;
  method?: string;
  headers?: Record<string, string>;
  /** The user goes away. */
  signal?: AbortSignal;
  /** The answer is lost on its way: its cookies never reach the jar. */
  lost?: boolean;
  /** Told each part of the body when it arrives. */
  onChunk?: (chunk: string) => void;
}

export class Browser {
  readonly #url: string;
  readonly #jar: CookieJar;

  /** `jar`: cookies to start with, by name. */
  constructor(url: string, jar: Iterable<readonly [string, string]> = []) {
    this.#url = url;
    this.#jar = new CookieJar(jar);
  }

  /** The cookies as they are now, for {@link old}. */
  get cookies(): ReadonlyMap<string, string> {
    return new Map(this.#jar);
  }

  /** Another tab or a restored browser: a jar of its own with these cookies. */
  old(cookies: Iterable<readonly [string, string]>): Browser {
    return new Browser(this.#url, cookies);
  }

  get(path: string, options: ClickOptions = {}): Promise<Page> {
    return this.#click(path, options);
  }

  post(path: string, body: unknown = {}, options: ClickOptions = {}): Promise<Page> {
    return this.#click(path, { method: 'POST', body, ...options });
  }

  /** `count` requests at the same moment, all with the cookies as they are now. */
  parallel(count: number, path: string): Promise<Page[]> {
    return Promise.all(Array.from({ length: count }, () => this.get(path)));
  }

  /** Lets cookies arrive, as they would with an answer. */
  receive(setCookie: readonly string[]): void {
    this.#jar.receive(setCookie);
  }

  async #click(path: string, { body, lost = false, signal, headers = {}, method = 'GET', onChunk }: ClickOptions): Promise<Page> {
    const response = await fetch(this.#url + path, {
      method,
      redirect: 'manual',
      headers: { ...this.#jar.headers, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const setCookie = response.headers.getSetCookie();
    if (!lost) this.receive(setCookie);
    const text = onChunk ? await inChunks(response, onChunk) : await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return { status: response.status, headers: response.headers, setCookie, text, body: isJson ? JSON.parse(text) : null };
  }
}

async function inChunks({ body }: Response, onChunk: (chunk: string) => void): Promise<string> {
  let text = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    onChunk(chunk);
    text += chunk;
  }
  return text;
}
