/** Claims and their extension: the lease. */
import assert from 'node:assert/strict';
import { assertAbout, expect, rule, type Rules } from './session.ts';

const GRANTED = { answer: 'granted', takenOver: false, replay: false };

export const claiming: Rules = {
  'the first claim of a session is granted': rule(async (session) => {
    assert.deepEqual(await session.claim('a'), GRANTED);
  }),

  'a claim is held while another flight has the lease, and told for how long': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 30_000 });
    assertAbout(expect(await session.claim('b'), 'held').leaseMs, 30_000);
  }),

  'a claim that the same flight repeats is granted again': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.claim('a'), GRANTED);
  }),

  'a repeated claim sets the end of the lease anew': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 5000 });
    await session.claim('a', 0, { leaseMs: 40_000 });
    assertAbout(expect(await session.look(), 'held').leaseMs, 40_000);
  }),

  'of a hundred claims at the same time one is granted': rule(async (session) => {
    const flights = Array.from({ length: 100 }, (_, index) => `flight-${index}`);
    const answers = await Promise.all(flights.map((flight) => session.claim(flight)));
    const kinds = answers.map(({ answer }) => answer).sort();
    assert.deepEqual(kinds, ['granted', ...Array.from({ length: 99 }, () => 'held')]);
  }),

  'a lease that ran out is taken over, and its new holder is told, also when it asks again': rule(
    async (session) => {
      await session.claim('a', 0, { leaseMs: 50 });
      await session.pass(60);
      assert.deepEqual(await session.claim('b'), { ...GRANTED, takenOver: true });
      assert.deepEqual(await session.claim('b'), { ...GRANTED, takenOver: true });
    },
  ),

  'a flight that claims after its own lease ran out has taken over from nobody': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 50 });
    await session.pass(60);
    assert.deepEqual(await session.claim('a'), GRANTED);
  }),

  'a released lease is not taken over': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.fail('a'), { answer: 'released' });
    assert.deepEqual(await session.claim('b'), GRANTED);
  }),

  'an older generation is not granted: it gets the newest tokens': rule(async (session) => {
    await session.publish('a', 3, 'sealed');
    assert.deepEqual(await session.claim('b', 2), {
      answer: 'newer',
      generation: 3,
      tokens: 'sealed',
      replay: false,
    });
  }),

  'the newest generation is granted after its publication': rule(async (session) => {
    await session.claim('a');
    await session.publish('a', 1);
    assert.deepEqual(await session.claim('b', 1), GRANTED);
  }),

  'a generation that the store has not heard of is granted': rule(async (session) => {
    await session.publish('a', 1);
    assert.deepEqual(await session.claim('b', 2), GRANTED);
  }),

  'newer tokens are given out while somebody renews them': rule(async (session) => {
    await session.publish('a', 1);
    await session.claim('b', 1);
    expect(await session.claim('c', 0), 'newer');
    expect(await session.claim('c', 1), 'held');
  }),

  'newer tokens are given out while renewal pauses': rule(async (session) => {
    await session.publish('a', 1);
    await session.claim('b', 1);
    await session.fail('b', 10_000);
    expect(await session.claim('c', 0), 'newer');
    expect(await session.claim('c', 1), 'coolDown');
  }),

  'an extension lasts from now': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 5000 });
    assert.deepEqual(await session.extend('a', 30_000), { answer: 'extended' });
    assertAbout(expect(await session.claim('b'), 'held').leaseMs, 30_000);
  }),

  'an extension may shorten a lease': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 30_000 });
    await session.extend('a', 5000);
    assertAbout(expect(await session.look(), 'held').leaseMs, 5000);
  }),

  'a lease that ran out but that nobody took can be extended': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 50 });
    await session.pass(60);
    assert.deepEqual(await session.extend('a'), { answer: 'extended' });
    expect(await session.claim('b'), 'held');
  }),

  'an extension remembers a take-over': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 50 });
    await session.pass(60);
    await session.claim('b');
    await session.extend('b');
    assert.deepEqual(await session.claim('b'), { ...GRANTED, takenOver: true });
  }),

  'a lease that was taken over, released or never given is lost': rule(async (session) => {
    assert.deepEqual(await session.extend('a'), { answer: 'lost' });
    await session.claim('a', 0, { leaseMs: 50 });
    await session.pass(60);
    await session.claim('b');
    assert.deepEqual(await session.extend('a'), { answer: 'lost' });
    await session.fail('b');
    assert.deepEqual(await session.extend('b'), { answer: 'lost' });
  }),
};
