/** Sign-in and logout by redirects: what the adapters share. How it is done is the provider's. */
import type { RequestAuth } from './auth.ts';
import { within } from './bounded-wait.ts';
import { authError } from './errors.ts';
import { ownPath } from './own-path.ts';
import type { Fetch } from './types.ts';

/** How a sign-in begins. */
export interface SignInOptions {
  /** Where the user goes afterwards: a path of this application, anything else reads as `/`. Default `/`. */
  returnTo?: string | null | undefined;
  /** As in `login`: `false` writes a cookie that ends with the browser's session. Default `true`. */
  remember?: boolean;
  /** Further parameters of this authorization request, such as `login_hint` or `prompt`. */
  parameters?: Readonly<Record<string, string>>;
}

/** How a logout ends. */
export interface LogoutOptions {
  /**
   * Where the user goes afterwards: a path of this application, anything else reads as `/`. A provider that
   * ends its own session sends the browser there only if the address is registered with it. Default `/`.
   */
  returnTo?: string | null | undefined;
}

/**
 * Sign-in at a provider, made by `oidc(…)`.
 *
 * @internal
 */
export interface SignInFlow {
  /**
   * Checks the options.
   *
   * @throws AuthError `ERR_CONFIG`.
   */
  validate(): void;
  /** The address of the provider's sign-in; sets the cookie that the answer is checked against. */
  begin(auth: RequestAuth, options: SignInOptions): Promise<string>;
  /** Checks the provider's answer, starts the session, and says which own path comes next. */
  finish(auth: RequestAuth, url: URL): Promise<string>;
  /** The address where the provider ends its own session; `null` if it has none. Never rejects. */
  leave(auth: RequestAuth, returnTo: string): Promise<string | null>;
  /** `fetch` for the provider's endpoints, some of which only its discovery document knows. */
  through(fetch: Fetch): Fetch;
}

/**
 * Where the browser has to go to sign in.
 *
 * @internal
 */
export function signIn(auth: RequestAuth | undefined, options: SignInOptions = {}): Promise<string> {
  return withFlow(auth, (flow, known) => flow.begin(known, options));
}

/**
 * Where the browser has to go after the provider's answer in `url`.
 *
 * @internal
 */
export function callback(auth: RequestAuth | undefined, url: URL): Promise<string> {
  return withFlow(auth, (flow, known) => flow.finish(known, url));
}

/**
 * Signs out, here first and then at the provider, and says where the browser has to go. The provider is
 * waited for as long as `maxWait` goes.
 *
 * @internal
 */
export async function logout(auth: RequestAuth | undefined, options: LogoutOptions = {}): Promise<string> {
  const known = auth ?? missing();
  const { manager } = known;
  const returnTo = ownPath(options.returnTo);
  const until = Date.now() + manager.maxWait * 1000;
  await known.logout();
  if (!manager.signIn) return returnTo;
  const elsewhere = manager.signIn.leave(known, returnTo);
  return (await within(elsewhere, until - Date.now(), () => null)) ?? returnTo;
}

async function withFlow(
  auth: RequestAuth | undefined,
  run: (flow: SignInFlow, auth: RequestAuth) => Promise<string>,
): Promise<string> {
  const known = auth ?? missing();
  const flow = known.manager.signIn;
  if (!flow) throw authError('ERR_API_MISUSE', 'this provider has no sign-in by redirect: use `oidc` of tokenkeep/oidc');
  return run(flow, known);
}

function missing(): never {
  throw authError('ERR_API_MISUSE', 'the request has not gone through tokenkeep\'s `handle`');
}
