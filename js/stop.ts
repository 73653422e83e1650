/** How a request is ended from within, where the framework has no way of its own. */
import type { WebResponse } from './web.ts';

/**
 * What is thrown, and `handle` answers with. Not an `Error`: routers between the two make 500 of those, and hand on
 * the rest. Error handlers find the fields that Express' own reads.
 */
export class Stop {
  /** The answer. */
  readonly response: WebResponse;
  /** Its status. */
  readonly status: number;
  /** Why; nothing that is secret. */
  readonly message: string;

  constructor(response: WebResponse, message: string) {
    this.response = response;
    this.status = response.status;
    this.message = message;
  }

  /** Of the answer. */
  get headers(): Record<string, string> {
    return Object.fromEntries(this.response.headers);
  }

  /** What handlers print that know nothing but errors. */
  toString(): string {
    return this.message;
  }
}

/** Ends the request with a redirect. */
export function stopWithRedirect(to: string): never {
  throw new Stop(redirection(to), `see ${to}`);
}

/** Ends the request with a status. */
export function stopWithStatus(status: number, message: string): never {
  throw new Stop(new Response(message, { status }), message);
}

/** 303: the browser asks the other address with GET. */
export function redirection(to: string): WebResponse {
  return new Response(null, { status: 303, headers: { location: to } });
}
