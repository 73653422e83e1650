/** What the callbacks know of the request that they run in, and what becomes of Auth.js' cookies. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { uncacheable } from '../cookies.ts';
import { authError } from '../errors.ts';
import { isCrossOrigin, refusal } from '../renew-route.ts';
import type { ClaimedSession } from './claimed-session.ts';
import type { AuthjsEvent } from './event.ts';

type SetCookie = AuthjsEvent['cookies']['set'];
type ReadSession = () => Promise<unknown>;

/** Where a callback runs: `reading` while `locals.auth()` does, and not in an endpoint of Auth.js. */
interface Frame {
  readonly context: RequestContext;
  readonly reading: boolean;
}

/**
 * Not imported: a bundler for the edge would stumble over it. Where it is missing, callbacks work without
 * knowing their request.
 */
const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
const frames: AsyncLocalStorage<Frame> | undefined = hooks && new hooks.AsyncLocalStorage<Frame>();

const contexts = new WeakMap<object, RequestContext>();

/** The request that the caller runs in, if the `handle` is in use. */
export function currentFrame(): Frame | undefined {
  return frames?.getStore();
}

/**
 * The context of an event.
 *
 * @throws AuthError `ERR_API_MISUSE` without the `handle`.
 */
export function contextOf({ locals }: AuthjsEvent): RequestContext {
  const context = contexts.get(locals);
  if (context) return context;
  const message = "put the rotation's `handle` before that of Auth.js, on a runtime with node:async_hooks";
  throw authError('ERR_API_MISUSE', message);
}

/** Answers a request within a context of its own. */
export async function withContext<E extends AuthjsEvent, R extends Response>(
  event: E,
  resolve: (event: E) => R | Promise<R>,
): Promise<Response> {
  if (!frames) return resolve(event);
  const context = new RequestContext(event, frames.getStore()?.context);
  const response = await frames.run({ context, reading: false }, async () => resolve(event));
  return context.finish(response);
}

/** One request, or one sub-request of it. */
export class RequestContext {
  /** Sessions by their claims: however often the callback runs, also in sub-requests, each is opened once. */
  readonly sessions: Map<string, Promise<ClaimedSession>>;
  /** The session that the callback has seen last. */
  current: ClaimedSession | undefined;
  /** How a renewal went that this request asked for. */
  answer: Response | undefined;
  /** Whether the browser has to get Auth.js' token: it is not what came with the request. */
  isChanged = false;
  /** Whether an endpoint of Auth.js itself has run the callback. */
  isEndpoint = false;
  /** There while the callback is only to note the claim. */
  peeked: { claim: string | undefined } | undefined;
  readonly #request: Request;
  #read: ReadSession | undefined;
  #session: Promise<unknown> | undefined;
  #wantsRenewal: boolean | undefined;
  #wrote = false;

  constructor({ request, cookies, locals }: AuthjsEvent, parent: RequestContext | undefined) {
    this.#request = request;
    this.sessions = parent?.sessions ?? new Map();
    contexts.set(locals, this);
    this.#filter(cookies);
    this.#memoise(locals);
  }

  /** Whether this run of the callback is to renew: at an update, and once where the request asks for it. */
  takeDemand(trigger: string | undefined): boolean {
    const isWanted = (this.#wantsRenewal ?? this.#hasQuery()) || trigger === 'update';
    this.#wantsRenewal = false;
    return isWanted && !isCrossOrigin(this.#request);
  }

  /** The forms of the articles on refresh tokens with SvelteKitAuth. */
  #hasQuery(): boolean {
    const { headers, url } = this.#request;
    const query = headers.get('query') ?? new URL(url).searchParams.get('query');
    return query === 'update-token-data';
  }

  /** Runs the callback with a demand for new tokens; Auth.js sets the cookie. */
  async renew(): Promise<Response> {
    this.#wantsRenewal = true;
    this.#session = undefined;
    await this.session();
    return this.answer ?? refusal(401);
  }

  /** What `locals.auth()` answers. */
  session(): Promise<unknown> {
    const read = this.#read;
    if (!read) throw authError('ERR_API_MISUSE', "Auth.js' own `handle` has not run for this request");
    return (this.#session ??= this.#reading(read).catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    }));
  }

  /** The claim that came with the request, as the callback notes it: for a sign-in, which is not told. */
  async previousClaim(): Promise<string | undefined> {
    this.peeked = { claim: undefined };
    await (this.#read && this.#reading(this.#read).catch(() => {}));
    const { claim } = this.peeked;
    this.peeked = undefined;
    return claim;
  }

  #reading(read: ReadSession): Promise<unknown> {
    return (frames as AsyncLocalStorage<Frame>).run({ context: this, reading: true }, read);
  }

  /** `locals.auth ??= …` is how Auth.js puts it there; it decodes the request's cookie at every call. */
  #memoise(locals: object): void {
    const session = () => this.session();
    Object.defineProperty(locals, 'auth', {
      configurable: true,
      enumerable: true,
      get: () => this.#read && session,
      set: (read: ReadSession) => void (this.#read = read),
    });
  }

  /**
   * Auth.js sets its cookie anew at every reading. A response that changes nothing must not: arriving
   * late it would bring back an older token.
   */
  #filter(cookies: AuthjsEvent['cookies']): void {
    let set = cookies.set;
    Object.defineProperty(cookies, 'set', {
      configurable: true,
      enumerable: true,
      get: () => (this.#isReading() ? this.#setIfChanged.bind(this, set) : set),
      // SvelteKit puts another one in its place once the response has begun.
      set: (next: SetCookie) => void (set = next),
    });
  }

  #isReading(): boolean {
    const frame = currentFrame();
    return frame?.context === this && frame.reading;
  }

  #setIfChanged(set: SetCookie, ...cookie: Parameters<SetCookie>): void {
    if (!this.isChanged) return;
    try {
      set(...cookie);
      this.#wrote = true;
    } catch {
      // The response has begun. The record heals the next request.
      this.current?.auth.handoffFailed();
    }
  }

  /** The response, with cookies only if something changed, and then in no shared cache. */
  finish(response: Response): Response {
    if (this.isEndpoint && !this.isChanged) {
      const silent = new Response(response.body, response);
      silent.headers.delete('set-cookie');
      return silent;
    }
    return this.#wrote ? uncacheable(response) : response;
  }
}
