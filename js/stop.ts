/** How a request is ended from within, where the framework has no way of its own. */

/** What is thrown. `handle` answers with its response. */
export class Stop extends Error {
  readonly response: Response;
  /** For error handlers that know nothing of us: Express' own answers with it. */
  readonly status: number;

  constructor(response: Response) {
    super(`the request ends here, with ${response.status}`);
    this.response = response;
    this.status = response.status;
  }
}

/** Ends the request with `response`. */
export function stop(response: Response): never {
  throw new Stop(response);
}

/** 303: the browser asks the other address with GET. */
export function redirection(to: string): Response {
  return new Response(null, { status: 303, headers: { location: to } });
}
