/** Where Next.js writes cookies after routing: in server actions and route handlers. */
import type { cookies } from 'next/headers.js';
import type { CookieWriter } from '../auth.ts';
import type { SetCookie } from '../cookies.ts';

/** What `await cookies()` gives. */
export type Cookies = Awaited<ReturnType<typeof cookies>>;

/** `cookies()`, which throws in server components and once an action's page is rendered. */
export class ActionCookies implements CookieWriter {
  readonly #store: Cookies;

  constructor(store: Cookies) {
    this.#store = store;
  }

  /** Next does not say. Without a name to set, it refuses the call for being read-only before it misses the name. */
  get open(): boolean {
    try {
      (this.#store.set as () => unknown)();
      return true;
    } catch (error) {
      return error instanceof TypeError;
    }
  }

  set(cookies: readonly SetCookie[]): boolean {
    try {
      for (const { name, value, attributes } of cookies) {
        const { maxAge, ...rest } = attributes;
        this.#store.set({ name, value, ...rest, ...(maxAge != null && { maxAge }) });
      }
      return true;
    } catch {
      return false;
    }
  }
}
