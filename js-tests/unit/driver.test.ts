import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import type { Core, Effect, EffectResult, Outcome, Step } from '../../js/core.ts';
import { Driver, readResponse } from '../../js/driver.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Store, StoreAnswer } from '../../js/store.ts';
import type { Fetch } from '../../js/web.ts';

const INPUT = { kind: 'logout', cookies: '' } as const;
const OUTCOME: Outcome = { kind: 'signedOut', reason: 'loggedOut', cookies: [] };
const SEND: Effect = { kind: 'send', request: { method: 'POST', url: 'http://provider/auth/refresh', headers: { a: 'b' }, body: '{}' } };
const CLAIM: Effect = { kind: 'store', sessionId: 's', verb: { verb: 'look', generation: 0, drain: false } };

type Taken = Partial<Step>;

/** A core that says what it is told to say, and keeps what it is handed. */
function scripted(...script: (Taken | Error)[]) {
  const results: [id: number, result: EffectResult][] = [];
  const next = (): Step => {
    const said = script.shift() ?? { state: null };
    if (said instanceof Error) throw said;
    return { state: new Uint8Array(), effects: [], outcome: null, events: [], skewMs: null, ...said };
  };
  const core = {
    begin: next,
    resume: (_state: unknown, id: number, result: EffectResult) => {
      results.push([id, result]);
      return next();
    },
  } as unknown as Core;
  return { core, results };
}

function drive(core: Core, { fetch, store, events = [] }: { fetch?: Fetch; store?: Partial<Store>; events?: AuthEvent[] } = {}) {
  return new Driver({
    core,
    store: { perform: () => ({ answer: 'released' }), wait: () => new Promise(() => {}), ...store },
    fetch: () => (fetch === undefined ? async () => Response.json({}) : fetch),
    issuer: `http://provider/${Math.random()}`,
    onEvent: (event) => events.push(event),
  });
}

/** The result that the core is handed for a request that `fetch` answers. */
async function sent(fetch: Fetch): Promise<EffectResult> {
  const { core, results } = scripted({ effects: [[7, SEND]] }, { outcome: OUTCOME, state: null });
  await drive(core, { fetch }).run(INPUT).finished;
  assert.equal(results.length, 1);
  const [[id, result]] = results as [[number, EffectResult]];
  assert.equal(id, 7);
  return result;
}

test('effects are performed and their results reported under their ids, in whatever order they come', async () => {
  const answer: StoreAnswer = { answer: 'held', leaseMs: 5 };
  const performed: unknown[] = [];
  const { core, results } = scripted(
    { effects: [[0, { kind: 'sleep', ms: 20 }], [1, CLAIM], [2, SEND], [3, { kind: 'wait', sessionId: 's', generation: 4, drain: true }]] },
    {}, {}, {},
    { state: null, outcome: OUTCOME },
  );
  const store: Store = {
    perform: (...what) => (performed.push(what), answer),
    wait: async (sessionId, look) => (performed.push([sessionId, look]), answer),
  };
  const fetch = (async (url: string, { method, headers, body, redirect }: RequestInit) => {
    performed.push([url, method, headers, body, redirect]);
    return Response.json({ data: 1 }, { status: 201, headers: { 'retry-after': '2' } });
  }) as Fetch;
  assert.deepEqual(await drive(core, { fetch, store }).run(INPUT).outcome, OUTCOME);
  assert.deepEqual(performed, [
    ['s', { verb: 'look', generation: 0, drain: false }],
    ['http://provider/auth/refresh', 'POST', { a: 'b' }, '{}', 'manual'],
    ['s', { generation: 4, drain: true }],
  ]);
  const response = { status: 201, date: null, retryAfterMs: 2000, setCookie: [], body: { data: 1 } };
  assert.deepEqual(results.toSorted(([a], [b]) => a - b), [
    [0, { kind: 'slept' }],
    [1, { kind: 'store', answer }],
    [2, { kind: 'sent', result: { kind: 'response', response } }],
    [3, { kind: 'store', answer }],
  ]);
});

test('the caller gets one outcome, and the flight goes on after it', async () => {
  const { core, results } = scripted(
    { outcome: OUTCOME, effects: [[0, CLAIM]] },
    { outcome: { ...OUTCOME, reason: 'second' } as Outcome, effects: [[1, CLAIM]] },
    { state: null },
  );
  const { outcome, finished } = drive(core).run(INPUT);
  assert.equal(((await outcome) as { reason: string }).reason, 'loggedOut');
  await finished;
  assert.deepEqual(results.map(([id]) => id), [0, 1]);
});

test('what is outstanding when a flight is finished is dropped and reports nothing', async () => {
  let signal: AbortSignal | undefined;
  const store: Partial<Store> = {
    wait: (_id, _look, given) => new Promise((_resolve, reject) => {
      signal = given;
      given.addEventListener('abort', () => reject(given.reason));
    }),
  };
  const { core, results } = scripted(
    { effects: [[0, { kind: 'wait', sessionId: 's', generation: 0, drain: false }], [1, { kind: 'sleep', ms: 5 }], [2, CLAIM]] },
    { state: null, outcome: OUTCOME },
  );
  await drive(core, { store }).run(INPUT).finished;
  assert.equal(signal?.aborted, true);
  await delay(20);
  assert.deepEqual(results.map(([id]) => id), [2]);
});

test('a sleep that is longer than any timer is not over at once', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { core, results } = scripted({ outcome: OUTCOME, effects: [[0, { kind: 'sleep', ms: 30 * 86_400_000 }]] }, { state: null });
  const { finished } = drive(core).run(INPUT);
  context.mock.timers.tick(86_400_000);
  assert.deepEqual(results, []);
  context.mock.timers.tick(30 * 86_400_000);
  await finished;
  assert.deepEqual(results, [[0, { kind: 'slept' }]]);
});

test('events are passed on and the clock skew is kept for the provider', async () => {
  const events: AuthEvent[] = [];
  const event: AuthEvent = { type: 'revoked', sessionId: 's' };
  const { core } = scripted({ state: null, outcome: OUTCOME, events: [event], skewMs: -1500 });
  const driver = drive(core, { events });
  await driver.run(INPUT).finished;
  assert.deepEqual(events, [event]);
  assert.equal(driver.clock().skewMs, -1500);
});

const failing: Readonly<Record<string, Store['perform']>> = {
  throws: () => { throw new Error('down'); },
  rejects: () => Promise.reject(new Error('down')),
  'throws nothing at all': () => { throw undefined; },
};
for (const [what, perform] of Object.entries(failing)) {
  test(`a store that ${what} has not answered`, async () => {
    const { core, results } = scripted({ effects: [[0, CLAIM]] }, { state: null });
    await drive(core, { store: { perform } }).run(INPUT).finished;
    assert.deepEqual(results, [[0, { kind: 'store', answer: { answer: 'noAnswer' } }]]);
  });
}

test('a store whose wait rejects has not answered', async () => {
  const { core, results } = scripted({ effects: [[0, { kind: 'wait', sessionId: 's', generation: 0, drain: false }]] }, { state: null });
  await drive(core, { store: { wait: () => Promise.reject(new Error('down')) } }).run(INPUT).finished;
  assert.deepEqual(results, [[0, { kind: 'store', answer: { answer: 'noAnswer' } }]]);
});

test('a core that fails ends the flight, and its caller is told once', async () => {
  const broken = new Error('ERR_INTERNAL');
  const first = drive(scripted(broken).core).run(INPUT);
  await assert.rejects(first.outcome, broken);
  await first.finished;

  const later = drive(scripted({ outcome: OUTCOME, effects: [[0, CLAIM]] }, broken).core).run(INPUT);
  assert.deepEqual(await later.outcome, OUTCOME);
  await later.finished;
});

const notConnected = { kind: 'sent', result: { kind: 'notConnected' } };
const unknown = { kind: 'sent', result: { kind: 'unknown' } };

test('only a failure before the provider can have seen the request counts as not connected', async () => {
  const failed = (cause: unknown) => sent(() => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause })));
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']) {
    assert.deepEqual(await failed({ code }), notConnected, code);
  }
  for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'EPIPE', '', undefined, 7, Symbol('code')]) {
    assert.deepEqual(await failed({ code }), unknown, String(code));
  }
  const own = Object.assign(new Error('Unable to connect'), { code: 'ConnectionRefused' });
  assert.deepEqual(await sent(() => Promise.reject(own)), notConnected);
});

const oddities: Readonly<Record<string, unknown>> = {
  'a string': 'no',
  undefined,
  null: null,
  'an error of another realm': runInNewContext("new TypeError('fetch failed')"),
  'an object without a prototype': Object.assign(Object.create(null), { code: Object.create(null) }),
  'an error with a cause that is its own': (() => { const error = new Error('loop'); error.cause = error; return error; })(),
  'an object whose properties throw': { get cause() { throw new Error('never'); } },
};
for (const [what, reason] of Object.entries(oddities)) {
  test(`a fetch that rejects with ${what} has an unknown end`, async () => {
    assert.deepEqual(await sent(() => Promise.reject(reason)), unknown);
  });
}

test('a fetch that throws at once, or is not there, has an unknown end', async () => {
  assert.deepEqual(await sent((() => { throw new Error('at once'); }) as Fetch), unknown);
  assert.deepEqual(await sent(null as unknown as Fetch), unknown);
});

test('an answer whose body breaks off has an unknown end', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"data":'));
      controller.error(new Error('reset'));
    },
  });
  assert.deepEqual(await sent(async () => new Response(body)), unknown);
});

test('a body that is not JSON is none, and one that is too deep is cut off', () => {
  const read = (text: string) => readResponse(new Response(null), text).body as any;
  for (const text of ['', '<!doctype html>', '{"data":', 'undefined']) assert.equal(read(text), null);
  const depth = 100_000;
  assert.deepEqual(read('['.repeat(depth) + ']'.repeat(depth)), [[[[[[[[null]]]]]]]]);
  const { data } = read(`{"data":{"access_token":"a","__proto__":{"polluted":1}}}`);
  assert.equal(data.access_token, 'a');
  assert.equal(({} as any).polluted, undefined);
});

test('Retry-After is read as seconds or as a date, on the clock of the answer', () => {
  const read = (retryAfter: string | null, date: string | null = null) => {
    const headers = Object.entries({ 'retry-after': retryAfter, date }).filter((pair): pair is [string, string] => pair[1] !== null);
    return readResponse(new Response(null, { headers }), '').retryAfterMs;
  };
  assert.equal(read(null), null);
  assert.equal(read('0'), 0);
  assert.equal(read('3'), 3000);
  assert.equal(read('-3'), 0);
  assert.equal(read('soon'), null);
  const date = 'Sat, 21 Nov 2026 20:00:00 GMT';
  assert.equal(read('Sat, 21 Nov 2026 20:00:07 GMT', date), 7000);
  assert.equal(read('Sat, 21 Nov 2026 19:59:00 GMT', date), 0);
});

test('several cookies of an answer are kept apart', () => {
  const headers = new Headers();
  headers.append('set-cookie', 'a=1; Expires=Sat, 21 Nov 2026 20:00:00 GMT');
  headers.append('set-cookie', 'b=2');
  assert.deepEqual(readResponse(new Response(null, { headers }), '').setCookie, ['a=1; Expires=Sat, 21 Nov 2026 20:00:00 GMT', 'b=2']);
});

test('a flight whose caller has its answer does not keep the process alive', () => {
  const program = `
    const { Driver } = await import(${JSON.stringify(new URL('../../js/driver.ts', import.meta.url).href)});
    const step = { state: {}, effects: [[0, { kind: 'sleep', ms: 60000 }]], outcome: { kind: 'signedOut', cookies: [] }, events: [], skewMs: null };
    let taken = 0;
    const core = { begin: () => ({ ...step, effects: [...step.effects, [1, { kind: 'store', sessionId: '', verb: {} }]] }), resume: () => (taken++, step) };
    const store = { perform: () => ({ answer: 'released' }) };
    await new Driver({ core, store, fetch: () => fetch, issuer: '', onEvent() {} }).run({}).outcome;
    await new Promise(setImmediate);
    console.log('answered', taken);
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 10_000, encoding: 'utf8' });
  assert.equal(output, 'answered 1\n');
});
