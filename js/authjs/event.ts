import type { WebRequest } from '../web.ts';

/** The part of SvelteKit's `RequestEvent` that is used. */
export interface AuthjsEvent {
  /** As the browser sent it. */
  readonly request: WebRequest;
  /** Where Auth.js sets its cookies. */
  readonly cookies: {
    /** Sets a cookie. */
    set(name: string, value: string, options: any): void;
  };
  /** Where Auth.js puts `auth`. */
  readonly locals: object;
}
