/** What a sign-in remembers until the provider's answer: a sealed cookie of its own for each, so that tabs do not mix. */
import { type SetCookie, readCookies } from '../cookies.ts';
import { authError } from '../errors.ts';
import type { RequestState } from '../request-state.ts';

/** One sign-in under way. */
export interface Transaction {
  /** Ties the answer to this browser (RFC 6749 §10.12). */
  readonly state: string;
  /** Ties the id token to this sign-in (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string;
  /** Ties the code to whoever asked for it (RFC 7636). */
  readonly codeVerifier: string;
  /** An own path. */
  readonly returnTo: string;
  readonly remember: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Seconds: time for a second factor or a new account at the provider. */
const MAX_AGE = 900;

/** Sign-ins under way in one browser. Further ones push out the oldest: headers are limited. */
const MOST = 5;

/** Remembers it in the browser. */
export function remember(request: RequestState, transaction: Transaction): void {
  const name = nameOf(request, transaction.state);
  const value = request.manager.sealSignIn(name, JSON.stringify(transaction));
  request.setCookies([...superfluous(request), cookie(request, name, value, MAX_AGE)]);
}

/**
 * The sign-in that an answer with this `state` belongs to. It can be asked for once: its cookie is deleted.
 *
 * @throws AuthError `ERR_STATE_MISMATCH`.
 */
export function recall(request: RequestState, state: string | null): Transaction {
  const name = nameOf(request, state ?? '');
  const found = cookies(request).find((each) => each.name === name);
  const transaction = found && opened(request, found);
  if (found) request.setCookies([cookie(request, name, '', 0)]);
  if (transaction?.state === state) return transaction;
  throw authError('ERR_STATE_MISMATCH', 'the sign-in was not begun by this browser, was answered before, or took too long');
}

/** The name of a cookie of ours that is not a session's: the core recognises those by their hyphen. */
export function cookieName(request: RequestState, what: string): string {
  const { prefix, secure } = request.manager.cookie;
  return `${secure ? '__Host-' : ''}${prefix}.${what}`;
}

/** An HTTP-only cookie for the whole site. `maxAge` in seconds; `null`: until the browser is closed. */
export function cookie(request: RequestState, name: string, value: string, maxAge: number | null): SetCookie {
  const { secure } = request.manager.cookie;
  return { name, value, attributes: { httpOnly: true, sameSite: 'lax', path: '/', secure, maxAge } };
}

/** The value of the request's cookie of this name. */
export function readCookie(request: RequestState, name: string): string | undefined {
  return readCookies(request.cookies.header).get(name);
}

/** The beginning of a `state` is enough for a name; all of it is compared. */
function nameOf(request: RequestState, state: string): string {
  return cookieName(request, `signin-${state.slice(0, 10).replace(/[^\w-]/g, '')}`);
}

function cookies(request: RequestState): { name: string; value: string }[] {
  const start = cookieName(request, 'signin-');
  const all = [...readCookies(request.cookies.header)].map(([name, value]) => ({ name, value }));
  return all.filter(({ name }) => name.startsWith(start));
}

function opened(request: RequestState, { name, value }: { name: string; value: string }): Transaction | undefined {
  const text = request.manager.unsealSignIn(name, value);
  const transaction = text === undefined ? undefined : (JSON.parse(text) as Transaction);
  const age = Date.now() - (transaction?.startedAt ?? 0);
  return age < MAX_AGE * 1000 ? transaction : undefined;
}

/** Deletions of what can no longer be answered, and of the oldest, so that one more fits. */
function superfluous(request: RequestState): SetCookie[] {
  const all = cookies(request).map(({ name, value }) => ({ name, startedAt: opened(request, { name, value })?.startedAt ?? 0 }));
  const newestFirst = all.sort((a, b) => b.startedAt - a.startedAt);
  return newestFirst
    .filter(({ startedAt }, place) => startedAt === 0 || place >= MOST - 1)
    .map(({ name }) => cookie(request, name, '', 0));
}
