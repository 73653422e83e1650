/**
 * The types of `pkg/browser/glue.js`, the glue that wasm-bindgen generates from `src/wasm/browser.rs`.
 * Written by hand; nothing that the package exports may mention these types.
 */
import type { Demand, SessionView } from '../core.ts';
import type { AuthEvent } from '../events.ts';

/** Instantiates the module, once. */
export function initSync(options: { module: WebAssembly.Module }): unknown;

/** Replaces the instance with a new one. Objects of the old instance throw when they are used. */
export function __wbg_reset_state(): void;

/** What the driver is lent. Nothing in it throws. */
export interface Host {
  fetch(request: Request): Promise<unknown>;
  onEvent(event: AuthEvent): void;
  /** Without its token. */
  onSession(session: SessionView | null): void;
  readonly storage: 'localStorage' | 'sessionStorage' | HostStorage;
  readonly storageKey: string;
}

/** JSON text under a key. */
export interface HostStorage {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** One page's session. */
export class BrowserSession {
  constructor(config: object, host: Host, signal: AbortSignal);
  /** Resolves when the storage was read. */
  ready(): Promise<void>;
  /** Takes over a session in the form that a storage holds. */
  adopt(session: unknown): Promise<void>;
  login(credentials: Record<string, string>): Promise<SessionView>;
  renew(demand: Demand): Promise<SessionView>;
  logout(): Promise<void>;
  setAhead(ahead: boolean): void;
  rejectsAccessToken(status: number, body: unknown): boolean;
}
