/**
 * The types of `pkg/core/core.js`, the glue that wasm-bindgen generates from `src/wasm/`.
 *
 * Written by hand, because the generated declarations say `any` for every JavaScript value. Nothing
 * that the package exports may mention these types.
 */
import type {
  EffectResult,
  FlightState,
  Input,
  MachineToken,
  ProviderRequest,
  SendResult,
  Step,
} from '../core.ts';
import type { SetCookie } from '../cookies.ts';
import type { RecordValue } from '../process-state.ts';
import type { StoreAnswer, StoreVerb } from '../store.ts';

/** The exports of the WebAssembly instance itself. */
export interface RawExports {
  /** Its `buffer` is another one after the memory has grown. */
  readonly memory: WebAssembly.Memory;
}

/** Instantiates the module, once; every later call returns the current instance's exports. */
export function initSync(options: { module: WebAssembly.Module }): RawExports;

/** Replaces the instance with a new one. Objects of the old instance throw when they are used. */
export function __wbg_reset_state(): void;

/** One configuration of the core. Instants and skew in milliseconds; a seed is 32 random bytes. */
export class TokenManager {
  /** `instance`: 8 random bytes, new for each process. */
  constructor(config: object, instance: Uint8Array);
  begin(input: Input, now: number, skewMs: number, seed: Uint8Array): Step;
  resume(
    state: FlightState,
    id: number,
    result: EffectResult,
    now: number,
    skewMs: number,
    seed: Uint8Array,
  ): Step;
  /** The cookies, or the reason why nobody is signed in. */
  update(
    cookies: string,
    data: string,
    now: number,
    skewMs: number,
    seed: Uint8Array,
  ): SetCookie[] | string;
  /** The value of the cookie `name`, which holds `text`. */
  sealSignIn(name: string, text: string, seed: Uint8Array): string;
  unsealSignIn(name: string, sealed: string): string | undefined;
  rejectsAccessToken(
    status: number,
    wwwAuthenticate: string | undefined,
    body: unknown,
  ): boolean;
  /** See `src/wasm/hot.rs`. */
  open(length: number, now: number, skewMs: number): number;
}

/** Applies one verb to a record in process memory. */
export function applyVerb(
  record: RecordValue | undefined,
  forgotten: number | undefined,
  verb: StoreVerb,
  now: number,
): [record: RecordValue | null, answer: StoreAnswer];

/** The request for a token of the application itself. Throws `ERR_CONFIG`. */
export function clientCredentialsRequest(config: object): ProviderRequest;
/** The token in the answer. Throws why there is none, with the cool-down as `retryAfterMs`. */
export function clientCredentialsOutcome(
  result: SendResult,
  failures: number,
  now: number,
): MachineToken;

/** Addresses and size of the buffers of `TokenManager.open`. */
export function inputBuffer(): number;
export function inputCapacity(): number;
export function outputBuffer(): number;
