import type { Clock } from './core.ts';
import type { RawExports, TokenManager } from './load/core-glue.d.ts';
import type { Core as Instance } from './load/core.ts';
import type { NotOpened, OpenedSession } from './opened-session.ts';

/** In the order of the codes that `src/wasm/hot.rs` returns; below 3 nobody is signed in. */
const STATES = ['absent', 'unreadable', 'ended', 'fresh', 'due', 'expired'] as const;
const FIRST_SIGNED_IN = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Reads sessions through the instance's two buffers (`src/wasm/hot.rs`). Strings that cross by
 * wasm-bindgen are copied character by character, which would cost more than opening the session.
 */
export class SessionReader {
  readonly #manager: TokenManager;
  readonly #raw: RawExports;
  readonly #input: number;
  readonly #capacity: number;
  readonly #output: number;
  #bytes: Uint8Array | undefined;
  #view: DataView | undefined;

  constructor(manager: TokenManager, { glue, raw }: Instance) {
    this.#manager = manager;
    this.#raw = raw;
    this.#input = glue.inputBuffer();
    this.#capacity = glue.inputCapacity();
    this.#output = glue.outputBuffer();
  }

  /** The session, or why nobody is signed in. */
  open(cookies: string, { now, skewMs }: Clock): OpenedSession | NotOpened {
    const bytes = this.#memory();
    const input = bytes.subarray(this.#input, this.#input + this.#capacity);
    const { read, written } = encoder.encodeInto(cookies, input);
    // More cookies than a server accepts in its headers: nothing that we wrote.
    if (read < cookies.length) return 'unreadable';
    const state = STATES[this.#manager.open(written, now, skewMs)];
    if (state === undefined || STATES.indexOf(state) < FIRST_SIGNED_IN) {
      return (state ?? 'unreadable') as NotOpened;
    }
    return this.#read(state as OpenedSession['state']);
  }

  /** The layout of the output is documented in `src/wasm/hot.rs`. */
  #read(state: OpenedSession['state']): OpenedSession {
    const bytes = this.#memory();
    const view = this.#view as DataView;
    const at = this.#output;
    const text = (from: number, length: number) =>
      decoder.decode(bytes.subarray(at + from, at + from + length));
    const expiresAt = view.getFloat64(at, true);
    const tokenLength = view.getUint32(at + 20, true);
    const dataLength = view.getUint32(at + 24, true);
    return {
      state,
      id: text(36, 22),
      generation: view.getUint32(at + 16, true),
      expiresAt: Number.isNaN(expiresAt) ? null : expiresAt,
      sealedAt: view.getFloat64(at + 8, true),
      instance: hex(bytes.subarray(at + 28, at + 36)),
      accessToken: text(58, tokenLength),
      data: dataLength === 0 ? null : text(58 + tokenLength, dataLength),
    };
  }

  /** The memory, viewed anew after it has grown. */
  #memory(): Uint8Array {
    const { buffer } = this.#raw.memory;
    if (this.#bytes?.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer);
      this.#view = new DataView(buffer);
    }
    return this.#bytes as Uint8Array;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
