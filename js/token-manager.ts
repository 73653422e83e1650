/** One configuration at work: the core, its driver and its store. */
import { RequestAuth, type RequestPort } from './auth.ts';
import type { SetCookie } from './cookies.ts';
import { Core, type Input, type ProviderResponse } from './core.ts';
import { Driver } from './driver.ts';
import { authError } from './errors.ts';
import { hasNeighbour } from './neighbours.ts';
import type { OpenedSession } from './opened-session.ts';
import type { SignInFlow } from './sign-in.ts';
import { AdoptingStore } from './stores/adopting.ts';
import { LayeredStore } from './stores/layered.ts';
import { MemoryStore } from './stores/memory.ts';
import { adviceOn } from './provider-paths.ts';
import { CookieRelay } from './relay.ts';
import { isIsolate, isProduction } from './runtime.ts';
import { checkSeconds } from './seconds.ts';
import type { AuthEvent } from './events.ts';
import type { Store } from './store.ts';
import type { Auth, AuthOptions, ProviderConfig } from './types.ts';
import type { Fetch } from './web.ts';

/** Seven days, in seconds. */
const DEFAULT_MAX_AGE = 604_800;

/** Seconds. */
const DEFAULT_MAX_WAIT = 5;

/** Made once per configuration. Checks nothing until it is first used: build steps import servers. */
export class TokenManager {
  /** The provider's base URL. */
  readonly providerUrl: string;
  /** @internal */
  readonly provider: ProviderConfig;
  /** @internal */
  readonly relay: CookieRelay | null;
  /** @internal */
  readonly onLogin: AuthOptions['onLogin'];
  /** How users sign in at the provider, where that is a redirect. @internal */
  readonly signIn: SignInFlow | undefined;
  /** First part of the cookies' names, and whether they are `Secure`. @internal */
  readonly cookie: { readonly prefix: string; readonly secure: boolean };
  /** Seconds that a session lives without renewal. @internal */
  readonly maxAge: number;
  /** Seconds that one request waits for a renewal or a logout. @internal */
  readonly maxWait: number;
  /** Whether other processes see the records too. */
  readonly isShared: boolean;
  readonly #options: Pick<AuthOptions, 'store' | 'refresh' | 'session' | 'replay'>;
  readonly #core: Core;
  readonly #memory: MemoryStore;
  readonly #driver: Driver;
  readonly #adoptingDriver: Driver;
  readonly #onEvent: (event: AuthEvent) => void;
  readonly #fetch: Fetch | undefined;
  readonly #advised = new Set<string>();

  /** `secure`: whether cookies are `Secure` where the options do not say. Default: unless `NODE_ENV` is `development`. */
  constructor(options: AuthOptions, secure = isProduction()) {
    this.provider = settled(options);
    this.providerUrl = this.provider.url;
    const { relay } = this.provider;
    this.relay = relay ? new CookieRelay(relay, this.provider, options.session?.secure ?? secure) : null;
    this.onLogin = options.onLogin;
    this.signIn = options.provider.signIn;
    this.#fetch = options.fetch;
    this.#options = options;
    const { cookieName, secure: isSecure, maxAge = DEFAULT_MAX_AGE } = options.session ?? {};
    this.cookie = { prefix: cookieName ?? 'tokenkeep', secure: isSecure ?? secure };
    this.maxAge = maxAge;
    this.maxWait = options.refresh?.maxWait ?? DEFAULT_MAX_WAIT;
    this.isShared = options.store !== undefined;
    this.#onEvent = (event) => report(options.onEvent, event);
    this.#core = new Core(coreConfig({ ...options, provider: this.provider }, secure), this.#onEvent);
    this.#memory = new MemoryStore(this.#core, {
      maxAge,
      authority: options.store === undefined,
      onEvent: this.#onEvent,
    });
    options.store?.attach?.({ maxAge, onEvent: this.#onEvent });
    const work = {
      core: this.#core,
      store: this.#inFrontOf(options.store),
      fetch: () => this.signIn?.through(this.fetch) ?? this.fetch,
      issuer: issuerOf(options.provider),
      onEvent: this.#onEvent,
    };
    this.#driver = new Driver(work);
    this.#adoptingDriver = new Driver({ ...work, store: new AdoptingStore(this.#memory, work.store) });
  }

  #inFrontOf(shared: Store | undefined): Store {
    return shared ? new LayeredStore(shared, this.#memory, this.#onEvent) : this.#memory;
  }

  /**
   * Checks the options.
   *
   * @throws AuthError `ERR_KEY_RING`, `ERR_CONFIG`.
   */
  validate(): void {
    const { store, refresh, session } = this.#options;
    checkSeconds('session.maxAge', session?.maxAge, { positive: true });
    for (const [name, seconds] of Object.entries(refresh ?? {})) checkSeconds(`refresh.${name}`, seconds);
    store?.validate?.();
    this.signIn?.validate();
    this.#core.validate();
    this.relay?.validate();
  }

  /**
   * The session of one request, renewed if it is due. `port` is what an adapter knows of the request.
   * Never rejects because of a cookie, the provider or the store.
   *
   * @throws AuthError as {@link validate} does.
   */
  async forRequest(port: RequestPort): Promise<Auth> {
    if (!port.isBuild) this.validate();
    const auth = new RequestAuth(this, port);
    await auth.state.start();
    return auth;
  }

  /**
   * The session in the cookies, or why nobody is signed in.
   *
   * @internal
   */
  open(cookies: string): OpenedSession | string {
    const clock = this.#driver.clock();
    const opened = this.#core.open(cookies, clock);
    if (typeof opened === 'string') return opened;
    if (!this.isShared && hasNeighbour(opened, clock.now)) this.#tellOfNeighbour();
    if (opened.state !== 'fresh') return opened;
    const noted = this.#memory.present(opened.id, opened.generation);
    if (noted?.answer === 'ended') return 'ended';
    return noted?.answer === 'noted' && noted.replay ? this.#replayed(opened) : opened;
  }

  /** Where a replay is not served, a claim finds out what becomes of it, and tells. */
  #replayed(opened: OpenedSession): OpenedSession {
    if ((this.#options.replay ?? 'serve') !== 'serve') return { ...opened, state: 'replayed' };
    this.#onEvent({ type: 'reuseDetected', sessionId: opened.id, generation: opened.generation });
    return opened;
  }

  /**
   * Starts what the input asks for. `adoptOnly`: nothing is renewed, only taken over. `through` wraps the
   * `fetch` that asks the provider.
   *
   * @internal
   */
  run(
    input: Input,
    { adoptOnly = false, through }: { adoptOnly?: boolean; through?: ((fetch: Fetch) => Fetch) | undefined } = {},
  ): ReturnType<Driver['run']> {
    return (adoptOnly ? this.#adoptingDriver : this.#driver).run(input, through);
  }

  /** @internal */
  update(cookies: string, data: string): SetCookie[] {
    const written = this.#core.update(cookies, data, this.#driver.clock());
    if (typeof written === 'string') throw authError('ERR_SIGNED_OUT', 'nobody is signed in');
    return written;
  }

  /** Sends requests to the provider. @internal */
  get fetch(): Fetch {
    return this.#fetch ?? (globalThis.fetch as Fetch);
  }

  /** @internal */
  sealSignIn(name: string, text: string): string {
    return this.#core.sealSignIn(name, text);
  }

  /** @internal */
  unsealSignIn(name: string, sealed: string): string | undefined {
    return this.#core.unsealSignIn(name, sealed);
  }

  /** @internal */
  rejectsAccessToken(response: ProviderResponse, wwwAuthenticate: string | null): boolean {
    return this.#core.rejectsAccessToken(response, wwwAuthenticate);
  }

  /**
   * Tells, once, what to do in place of a call that the application has made itself.
   *
   * @internal
   */
  advise(url: string, status: number): void {
    const message = adviceOn(this.provider, url, status);
    if (message === null || this.#advised.has(message)) return;
    this.#advised.add(message);
    console.warn(`tokenkeep: ${message}`);
    this.#onEvent({ type: 'advice', message });
  }

  #tellOfNeighbour(): void {
    console.error(
      'tokenkeep: another process seals sessions of this application. Several processes need a shared ' +
        'store (the `store` option), or a session is renewed twice and lost.',
    );
    this.#onEvent({ type: 'notAlone' });
  }

  /** @internal */
  emit(event: AuthEvent): void {
    this.#onEvent(event);
  }
}

/** An observer's own failure is not the request's. */
function report(onEvent: AuthOptions['onEvent'], event: AuthEvent): void {
  const failed = (error: unknown) => console.error('tokenkeep: onEvent threw', error);
  try {
    // TypeScript takes async functions too: a rejection that nobody handles ends a Node.js process.
    Promise.resolve(onEvent?.(event)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** With OAuth the API, which `url` is, may be another server with another clock. */
function issuerOf(provider: ProviderConfig & { tokenEndpoint?: unknown }): string {
  return typeof provider.tokenEndpoint === 'string' ? provider.tokenEndpoint : provider.url;
}

/** The provider with the settings that this runtime and store ask for. */
function settled({ provider, store }: AuthOptions): ProviderConfig {
  return store === undefined && isIsolate() ? { ...provider, ...provider.stateless } : provider;
}

function coreConfig({ provider, secret, refresh, session, replay }: AuthOptions, secure: boolean) {
  const { signIn, ...settings } = provider;
  return {
    provider: settings,
    secrets: secret === undefined ? [] : [secret].flat(),
    secure: session?.secure ?? secure,
    cookieName: session?.cookieName,
    refreshLeeway: refresh?.leeway,
    maxTokenAge: refresh?.maxTokenAge,
    maxWait: refresh?.maxWait,
    sessionMaxAge: session?.maxAge,
    replay: replay ?? 'serve',
    tokensInRecord: session?.in === 'store',
  };
}
