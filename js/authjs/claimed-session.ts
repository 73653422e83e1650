/** A session that travels in a claim of the Auth.js token, as the text of a `Cookie` header. */
import { type CookieWriter, RequestAuth } from '../auth.ts';
import { type SetCookie, applyCookies } from '../cookies.ts';
import { authError } from '../errors.ts';
import type { TokenManager } from '../token-manager.ts';
import type { Fetch } from '../web.ts';

/** The claim's name. Its text is sealed, so that it may be read by whoever reads the token. */
export const CLAIM = 'tokenkeep';

/** One claim at work: what is a cookie elsewhere is text here, which Auth.js brings to the browser. */
export class ClaimedSession {
  readonly auth: RequestAuth;
  readonly #writer: ClaimWriter;

  /** `text`: the claim; empty when a session is yet to begin. */
  constructor(manager: TokenManager, text: string) {
    this.#writer = new ClaimWriter(text);
    this.auth = new RequestAuth(manager, {
      cookies: text,
      writer: this.#writer,
      fetch: globalThis.fetch as Fetch,
      redirect: misuse,
      fail: misuse,
    });
  }

  /** The claim as it stands. */
  get text(): string {
    return this.#writer.text;
  }

  /** Whether the provider or a sign-out has ended it. */
  get isEnded(): boolean {
    return this.auth.session === null && this.auth.state.standing.error === null;
  }
}

class ClaimWriter implements CookieWriter {
  readonly open = true;
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  set(cookies: readonly SetCookie[]): boolean {
    this.text = applyCookies(this.text, cookies);
    return true;
  }
}

function misuse(): never {
  throw authError('ERR_API_MISUSE', 'Auth.js decides what a request without a session gets');
}

/** The claim in an Auth.js token. */
export function claimOf(token: object | null | undefined): string | undefined {
  const text = (token as Record<string, unknown> | null | undefined)?.[CLAIM];
  return typeof text === 'string' ? text : undefined;
}
