/** The Lua rules of the Redis store against the Rust rules of the core: same verbs, same answers, same records. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { createClient } from 'redis';
import { Core } from '../../js/core.ts';
import type { RecordValue } from '../../js/process-state.ts';
import { RedisRecords } from '../../js/stores/redis/store.ts';
import type { StoreVerb } from '../../js/store.ts';
import { withoutTool } from '../../tools/system-tools.mjs';
import { RedisServer } from '../support/redis.ts';

const SEQUENCES = 400;
const STEPS = 50;
const FLIGHTS = ['a', 'b', 'c'];
const LEASES = [0, 1, 5000, 30_000];
/** Around every limit that the rules know. */
const PAUSES = [0, 0, 1, 1999, 2000, 2001, 5000, 30_000, 60_000, 60_001];

test('Redis and the core say and keep the same', { skip: withoutTool('redis-server') }, async (t) => {
  const server = await RedisServer.start();
  const client = await createClient({ url: server.url }).connect();
  t.after(async () => {
    client.destroy();
    await server.stop();
  });
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
  t.diagnostic(`again with SEED=${seed}`);
  const below = numbers(seed);
  const core = new Core({}, () => {});
  let now = 1_700_000_000_000;
  const store = new RedisRecords({ client, prefix: '', maxAge: 3600, timeout: 10, now: () => now });
  const answered = new Set<string>();

  for (let sequence = 0; sequence < SEQUENCES; sequence++) {
    let record: RecordValue | undefined;
    for (let step = 0; step < STEPS; step++) {
      now += pick(PAUSES, below);
      const verb = anyVerb(below);
      const [next, expected] = core.applyVerb(record, undefined, verb, now);
      const context = `SEED=${seed}, step ${step} of ${sequence}: ${JSON.stringify(verb)}`;
      assert.deepEqual(await store.perform(`session-${sequence}`, verb), expected, context);
      const kept = await client.hGetAll(`session-${sequence}`);
      assert.deepEqual(readRecord(kept), next ?? undefined, context);
      record = next ?? undefined;
      answered.add(`${verb.verb} ${expected.answer}`);
    }
  }
  t.diagnostic(`${SEQUENCES * STEPS} verbs; answers met: ${[...answered].sort().join(', ')}`);
  assert.equal(answered.size, 22);
});

test('a hash that an earlier release has written is read as it was, field by field', { skip: withoutTool('redis-server') }, async (t) => {
  const server = await RedisServer.start();
  const client = await createClient({ url: server.url }).connect();
  t.after(async () => {
    client.destroy();
    await server.stop();
  });
  const { stored } = JSON.parse(readFileSync(new URL('../../tests/vectors/session-v1.json', import.meta.url), 'utf8')).record;
  const core = new Core({}, () => {});
  const now = stored.value.presentedAt + 1000;
  const store = new RedisRecords({ client, prefix: '', maxAge: 3600, timeout: 10, now: () => now });
  const verbs: StoreVerb[] = [
    { verb: 'look', generation: 0, drain: false },
    { verb: 'present', generation: 3 },
    { verb: 'fail', flight: 'a flight', coolDownMs: 0 },
  ];
  for (const [hash, value] of [[stored.hash, stored.value], [stored.endedHash, stored.endedValue]]) {
    assert.deepEqual(readRecord(hash), value);
    for (const verb of verbs) {
      await client.del('session');
      await client.hSet('session', hash);
      const [next, expected] = core.applyVerb(value, undefined, verb, now);
      assert.deepEqual(await store.perform('session', verb), expected);
      assert.deepEqual(readRecord(await client.hGetAll('session')), next);
    }
  }
});

function anyVerb(below: (limit: number) => number): StoreVerb {
  const flight = pick(FLIGHTS, below);
  const generation = below(5);
  // The end comes seldom, or most sequences would be about ended sessions.
  switch (below(20)) {
    case 0: {
      const aim = below(4) === 0 ? null : generation;
      return { verb: 'end', flight, generation: aim, revoked: below(2) === 0 };
    }
    case 1:
    case 2:
    case 3:
      return { verb: 'extend', flight, leaseMs: pick(LEASES, below) };
    case 4:
    case 5:
    case 6:
      return { verb: 'publish', flight, generation, tokens: `set-${below(2)}` };
    case 7:
    case 8:
    case 9:
      return { verb: 'fail', flight, coolDownMs: pick([null, 0, 0, 2500, 45_000], below) };
    case 10:
    case 11:
      return { verb: 'present', generation };
    case 12:
    case 13:
      return { verb: 'look', generation, drain: below(2) === 0 };
    default:
      return { verb: 'claim', flight, generation, presented: below(5), leaseMs: pick(LEASES, below) };
  }
}

/** A hash as the core would write the record. */
function readRecord(hash: { [field: string]: string }): object | undefined {
  if (Object.keys(hash).length === 0) return undefined;
  const { leaseFlight, leaseUntil, takenOver } = hash;
  return {
    generation: Number(hash['generation']),
    tokens: hash['tokens'] ?? null,
    presented: Number(hash['presented']),
    presentedAt: Number(hash['presentedAt']),
    lease:
      leaseFlight === undefined
        ? null
        : { flight: leaseFlight, until: Number(leaseUntil), takenOver: takenOver === '1' },
    coolDownUntil: hash['coolDownUntil'] === undefined ? null : Number(hash['coolDownUntil']),
    failures: Number(hash['failures']),
    ended: hash['ended'] === '1',
    revoked: hash['revoked'] === '1',
  };
}

function pick<T>(choices: readonly T[], below: (limit: number) => number): T {
  return choices[below(choices.length)] as T;
}

/** Numbers from a seed (mulberry32), so that a failure can be seen again. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
