/** A data call with a bearer. */
import { raise } from './errors.ts';

/** Where the bearer comes from. */
export interface BearerSource {
  /** A token that works now. */
  getAccessToken(): Promise<string>;
  /** Whether the answer says that the bearer is no longer accepted. Leaves it readable. */
  rejected(response: Response, url: string): Promise<boolean>;
  /** A token that works, newer than the one that was refused; `null` when there is none. */
  replacement(): Promise<string | null>;
}

/** Sends the request with a bearer; when that is refused, renews it and repeats the request once. */
export async function sendWithBearer(
  source: BearerSource,
  request: Request,
  send: (request: Request) => Promise<Response>,
): Promise<Response> {
  const replay = request.clone();
  const response = await send(withBearer(request, await source.getAccessToken()));
  const newer = (await source.rejected(response, request.url)) ? await source.replacement() : null;
  return newer === null ? response : send(withBearer(replay, newer));
}

/** The same request with a bearer, and without anything of the visitor's. */
function withBearer(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  try {
    headers.set('authorization', `Bearer ${token}`);
  } catch {
    // What is thrown quotes the token.
    raise('ERR_RESPONSE_INVALID', 'the access token has characters that no header can carry');
  }
  return new Request(request, { headers, credentials: 'omit' });
}
