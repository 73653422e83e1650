/** The end of a session. */
import assert from 'node:assert/strict';
import { expect, rule, type Rules } from './session.ts';

const ENDED = {
  answer: 'ended',
  now: false,
  generation: 0,
  tokens: null,
  held: false,
  revoked: false,
};

export const ending: Rules = {
  'a logout ends a session that the store has never heard of': rule(async (session) => {
    assert.deepEqual(await session.end('a'), { ...ENDED, now: true });
    assert.deepEqual(await session.claim('b'), ENDED);
  }),

  'only one of several ends is told that it did it': rule(async (session) => {
    const flights = Array.from({ length: 20 }, (_, index) => `flight-${index}`);
    const answers = await Promise.all(flights.map((flight) => session.end(flight)));
    assert.equal(answers.filter((answer) => expect(answer, 'ended').now).length, 1);
  }),

  'an ended session answers every question so': rule(async (session) => {
    await session.publish('a', 2, 'sealed');
    await session.end('a');
    const answer = { ...ENDED, generation: 2, tokens: 'sealed' };
    assert.deepEqual(await session.claim('b', 0), answer);
    assert.deepEqual(await session.claim('b', 9), answer);
    assert.deepEqual(await session.publish('b', 3), answer);
    assert.deepEqual(await session.present(2), answer);
    assert.deepEqual(await session.look(0), answer);
    assert.deepEqual(await session.end('b', 2), answer);
    assert.deepEqual(await session.end('b', 0), answer);
  }),

  'a refusal does not end a session that somebody has renewed': rule(async (session) => {
    await session.publish('a', 1, 'sealed');
    const answer = { answer: 'newer', generation: 1, tokens: 'sealed', replay: false };
    assert.deepEqual(await session.end('b', 0), answer);
    expect(await session.claim('b', 1), 'granted');
  }),

  'a refusal does not end a session that somebody else is renewing': rule(async (session) => {
    await session.claim('a');
    expect(await session.end('b', 0), 'held');
    await session.publish('a', 1);
    expect(await session.end('b', 0), 'newer');
  }),

  'a refusal ends the session under its own lease, or when nobody renews any more': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.end('a', 0), { ...ENDED, now: true });
    const left = session.another();
    await left.claim('a', 0, { leaseMs: 50 });
    await left.pass(60);
    assert.deepEqual(await left.end('b', 0), { ...ENDED, now: true });
  }),

  'a logout ends a session that somebody is renewing, and says so': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.end('b'), { ...ENDED, now: true, held: true });
  }),

  'a publication that came too late leaves the lease: it covers the revocation': rule(async (session) => {
    await session.claim('a');
    await session.end('b');
    assert.deepEqual(await session.publish('a', 1), { ...ENDED, held: true });
    assert.deepEqual(await session.extend('a'), { answer: 'extended' });
    assert.deepEqual(await session.end('a', null, { revoked: true }), { ...ENDED, revoked: true });
  }),

  'a confirmed revocation drops the tokens for good': rule(async (session) => {
    await session.publish('a', 2);
    const revoked = { ...ENDED, generation: 2, revoked: true };
    assert.deepEqual(await session.end('a', null, { revoked: true }), { ...revoked, now: true });
    assert.deepEqual(await session.end('b'), revoked);
    assert.deepEqual(await session.look(0), revoked);
  }),
};
