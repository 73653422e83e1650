/** What a row works with: real Directus servers, users, and applications behind a proxy of their own. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type FetchAuth, tokenkeep } from '../../../js/adapters/fetch.ts';
import { directus, type DirectusOptions } from '../../../js/directus.ts';
import { isAuthError } from '../../../js/errors.ts';
import { type FaultProxy, startFaultProxy } from '../../../js/testing.ts';
import type { AuthEvent } from '../../../js/events.ts';
import type { Auth, AuthOptions, Session } from '../../../js/types.ts';
import type { Directus } from '../../support/directus.ts';
import type { MailServer } from '../../support/mail.ts';
import { Visitor } from '../../support/visitor.ts';

export interface User {
  email: string;
  password: string;
}

export interface Servers {
  /** Access tokens live for 2 s, session tokens for 6 s, and 2 s after they were renewed. */
  readonly directus: Directus;
  /** Cookies have other names, domains and flags, and requests are counted. */
  readonly renamed: Directus;
  readonly mail: MailServer;
  /** A role at `directus` that may read users and articles. */
  readonly role: string;
}

/** An application behind a proxy of its own. */
export interface Application {
  readonly auth: FetchAuth;
  readonly proxy: FaultProxy;
  readonly events: AuthEvent[];
  /** A browser that nobody has signed in with. */
  readonly browser: Visitor;
  /** Refreshes that have reached the proxy. */
  refreshes(): number;
}

type ProviderOptions = Partial<DirectusOptions> & { at?: Directus };

export class World {
  readonly servers: Servers;
  readonly context: TestContext;

  constructor(servers: Servers, context: TestContext) {
    this.servers = servers;
    this.context = context;
  }

  get directus(): Directus {
    return this.servers.directus;
  }

  /** A new user who may read users and articles. */
  async createUser(more: object = {}): Promise<User> {
    const user = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
    await this.directus.createUser({ ...user, role: this.servers.role, ...more });
    return user;
  }

  async start({ at = this.directus, ...provider }: ProviderOptions = {}, options: Partial<AuthOptions> = {}): Promise<Application> {
    const proxy = await startFaultProxy(at.url);
    this.context.after(() => proxy.close());
    const events: AuthEvent[] = [];
    const auth = tokenkeep({
      provider: directus({ url: proxy.url, ...provider }),
      secret: 'rows: a secret of more than thirty-two characters',
      ...options,
      onEvent: (event) => void events.push(event),
    });
    const refreshes = () => proxy.counts['POST /auth/refresh'] ?? 0;
    return { auth, proxy, events, browser: new Visitor(auth), refreshes };
  }

  /** The same with a new user signed in, and the proxy's counters at zero. */
  async signIn(
    provider?: ProviderOptions,
    options?: Partial<AuthOptions>,
  ): Promise<Application & { user: User; session: Session }> {
    const [user, app] = await Promise.all([this.createUser(), this.start(provider, options)]);
    const session = await app.browser.ask((auth) => auth.login(user));
    app.proxy.resetCounts();
    return { ...app, user, session };
  }
}

/** Sentences about rows, and how each is checked. */
export type Rows = Readonly<Record<string, (world: World) => Promise<void>>>;

/** The user's own address, by a data call. */
export async function me(auth: Auth): Promise<string> {
  const response = await auth.fetch(`${auth.providerUrl}/users/me?fields=email`);
  const body: any = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body.data.email;
}

/** Resolves when a token has expired. */
export async function untilExpiry({ expiresAt }: Session): Promise<void> {
  await delay(Math.max(0, (expiresAt ?? 0) - Date.now()) + 30);
}

/** Resolves when a session token has less than half of its life left, where it is renewed. */
export async function untilLeeway({ expiresAt }: Session): Promise<void> {
  await delay(Math.max(0, (expiresAt ?? 0) - 1_900 - Date.now()));
}

/** The typed error that `work` ends with. */
export async function failure(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => assert.fail('nothing was thrown'),
    (thrown) => thrown,
  );
  assert.ok(isAuthError(error), String(error));
  return error;
}

/** The claims of a JWT. */
export function claims(token: string): Record<string, any> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Whether Directus still accepts a refresh token. Uses it up. */
export async function isAlive(directus: Directus, refresh_token: string): Promise<boolean> {
  return (await directus.post('/auth/refresh', { refresh_token, mode: 'json' })).ok;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
