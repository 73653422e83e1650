import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  Core,
  type EffectResult,
  type FlightState,
  type Input,
  type Step,
} from '../../js/core.ts';
import { readResponse } from '../../js/driver.ts';
import { AuthError } from '../../js/errors.ts';
import { loadCore } from '../../js/load/core.ts';

const clock = { now: 1_800_000_000_000, skewMs: 0 };
const config = {
  provider: { kind: 'directus', url: 'http://127.0.0.1' },
  secrets: ['s'.repeat(32)],
  secure: true,
  replay: 'serve',
  tokensInRecord: false,
};
const login: Input = {
  kind: 'login',
  cookies: '',
  credentials: { email: 'a@example.com', password: 'hidden password' },
  remember: true,
};

function core(): Core {
  return new Core(config, (event) => assert.fail(JSON.stringify(event)));
}

/** Values that JSON cannot say, that are too much of it, or that bite when they are looked at. */
function hostile(): [what: string, value: unknown][] {
  let deep: unknown = 'hidden';
  for (let level = 0; level < 100_000; level++) deep = { deep };
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const throwing = {
    get kind(): string {
      throw new Error('hidden');
    },
  };
  const proxy = new Proxy(
    {},
    {
      ownKeys() {
        throw new Error('hidden');
      },
    },
  );
  return [
    ['undefined', undefined],
    ['null', null],
    ['a function', () => 'hidden'],
    ['a symbol', Symbol('hidden')],
    ['a BigInt', 1n],
    ['a number', Number.NaN],
    ['text', 'hidden'],
    ['text of a megabyte', 'hidden'.repeat(200_000)],
    ['half a surrogate pair', '\ud800'],
    ['bytes', new Uint8Array(64).fill(5)],
    ['bytes of two megabytes', new Uint8Array(2 ** 21)],
    ['a list', ['hidden']],
    ['a list with a hundred million holes', new Array(100_000_000)],
    ['an object of another shape', { kind: 'hidden', hidden: 'hidden' }],
    ['a Set', new Set(['hidden'])],
    ['a Map', new Map([['kind', 'login']])],
    ['an object that is too deep', deep],
    ['an object that contains itself', cyclic],
    ['an object whose getter throws', throwing],
    ['a proxy that throws', proxy],
  ];
}

/** That `call` refuses the value by name, quotes nothing of it, and leaves the instance alive. */
function refuses(what: string, call: () => unknown): void {
  const instance = loadCore();
  assert.throws(call, (error: unknown) => {
    assert.ok(error instanceof AuthError, `${what}: ${String(error)}`);
    assert.equal(error.code, 'ERR_API_MISUSE', what);
    assert.ok(!`${error.message} ${error.stack} ${JSON.stringify(error)}`.includes('hidden'), what);
    return true;
  });
  assert.equal(loadCore(), instance, `${what}: the instance was replaced, so something trapped`);
}

test('the module can do nothing but make and read JavaScript values', () => {
  const wasm = readFileSync(new URL('../../pkg/load/core_bg.wasm', import.meta.url));
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  // The build appends a number to the names that are there already.
  const names = imports.map(({ name, kind }) => `${kind} ${name.replace(/_\d+$/, '')}`);
  assert.deepEqual([...new Set(names)].sort(), [
    'function __wbg_Error',
    'function __wbg___wbindgen_boolean_get',
    'function __wbg___wbindgen_is_null',
    'function __wbg___wbindgen_is_object',
    'function __wbg___wbindgen_is_string',
    'function __wbg___wbindgen_is_undefined',
    'function __wbg___wbindgen_number_get',
    'function __wbg___wbindgen_string_get',
    'function __wbg___wbindgen_throw',
    'function __wbg_assign',
    'function __wbg_entries',
    'function __wbg_from',
    'function __wbg_get',
    'function __wbg_get_unchecked',
    'function __wbg_instanceof_Uint8Array',
    'function __wbg_isArray',
    'function __wbg_length',
    'function __wbg_new',
    'function __wbg_prototypesetcall',
    'function __wbg_set',
    'function __wbindgen_generic',
    'function __wbindgen_init_externref_table',
  ]);
});

test('a value of another shape is a named error that quotes nothing, wherever it crosses', () => {
  const manager = core();
  manager.validate();
  const { state } = manager.begin(login, clock);
  assert.ok(state);
  const slept: EffectResult = { kind: 'slept' };
  for (const [what, value] of hostile()) {
    refuses(`input: ${what}`, () => manager.begin(value as Input, clock));
    refuses(`state: ${what}`, () => manager.resume(value as FlightState, 0, slept, clock));
    refuses(`result: ${what}`, () => manager.resume(state, 0, value as EffectResult, clock));
    refuses(`verb: ${what}`, () => manager.applyVerb(undefined, undefined, value as never, 0));
    refuses(`configuration: ${what}`, () => new Core(value as object, () => {}).validate());
    if (value == null) continue;
    const look = { verb: 'look', generation: 0, drain: false } as const;
    refuses(`record: ${what}`, () => manager.applyVerb(value as never, undefined, look, 0));
  }
});

/** The cookie of a session whose access token lives for a second. */
function shortLived(manager: Core): string {
  const { state, effects } = manager.begin(login, clock);
  const data = { access_token: 'opaque', refresh_token: 'refresh', expires: 1000 };
  const { outcome } = answered(manager, { state, effects }, { data });
  assert.equal(outcome?.kind, 'signedIn');
  const [cookie] = outcome.cookies;
  return `${cookie?.name}=${cookie?.value}`;
}

/** The step after the provider has answered a flight's request with this body. */
function answered(manager: Core, { state, effects }: Pick<Step, 'state' | 'effects'>, body: unknown) {
  const sent = effects.find(([, effect]) => effect.kind === 'send');
  assert.ok(state && sent);
  const response = { status: 200, date: null, retryAfterMs: null, setCookie: [], body };
  const result: EffectResult = { kind: 'sent', result: { kind: 'response', response } };
  return manager.resume(state, sent[0], result, clock);
}

test('what a store says that is no answer of the protocol counts as no answer', () => {
  const manager = core();
  const later = { ...clock, now: clock.now + 2000 };
  const cookies = shortLived(manager);
  const { state, effects } = manager.begin({ kind: 'renew', cookies, demand: { tokens: 'usable' } }, later);
  const claim = effects.find(([, effect]) => effect.kind === 'store');
  assert.ok(state && claim);
  for (const [what, answer] of hostile()) {
    const step = (): Step => manager.resume(state, claim[0], { kind: 'store', answer } as never, later);
    // Too much to be read at all, or nothing that could be read.
    if (/megabyte|million|function|symbol|BigInt|deep|itself|throws/.test(what)) refuses(what, step);
    else assert.deepEqual(step().effects[0]?.[1], claim[1], `${what}: claimed once more`);
  }
});

test('the largest answer that the driver lets through is not too large for the core', () => {
  const manager = core();
  const repeated = (part: string, open: string, close: string) => {
    const count = Math.floor((512 * 1024 - 2) / (part.length + 1));
    return `${open}${Array(count).fill(part).join(',')}${close}`;
  };
  const bodies = [
    repeated('1', '[', ']'),
    repeated('[]', '[', ']'),
    repeated('{}', '[', ']'),
    repeated('"a"', '[', ']'),
    JSON.stringify(Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [at, 1]))),
    JSON.stringify('x'.repeat(512 * 1024 - 2)),
  ];
  for (const text of bodies) {
    const { body } = readResponse(new Response(text), text);
    assert.notEqual(body, null);
    assert.equal(answered(manager, manager.begin(login, clock), body).outcome?.kind, 'failed');
  }
  const tooLarge = JSON.stringify('x'.repeat(512 * 1024 - 1));
  assert.equal(readResponse(new Response(tooLarge), tooLarge).body, null);
});

test('between two steps a flight is bytes, and what it knows is in no JavaScript string', () => {
  const { state } = core().begin(login, clock);
  assert.ok(state instanceof Uint8Array);
  assert.ok(!Buffer.from(state).includes('hidden password'), 'the password is not kept at all');
});

test('a state with any bit changed is another state or refused, never a trap', () => {
  const manager = core();
  const { state, effects } = manager.begin(login, clock);
  assert.ok(state);
  const [[id] = [0]] = effects;
  for (let bit = 0; bit < state.length * 8; bit++) {
    const changed = state.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      manager.resume(changed, id, { kind: 'slept' }, clock);
    } catch (error) {
      assert.equal((error as AuthError).code, 'ERR_API_MISUSE', `bit ${bit}`);
    }
  }
});
