/** Publication: put if newer. */
import assert from 'node:assert/strict';
import { assertAbout, expect, rule, type Rules } from './session.ts';

const PUBLISHED = { answer: 'published' };

export const publishing: Rules = {
  'a publication releases the lease': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.publish('a', 1), PUBLISHED);
    assert.deepEqual(await session.look(1), { answer: 'released' });
  }),

  'a publication needs no lease': rule(async (session) => {
    assert.deepEqual(await session.publish('a', 1, 'sealed'), PUBLISHED);
    assert.equal(expect(await session.look(0), 'newer').tokens, 'sealed');
  }),

  'a publication that wins releases whoever held the lease': rule(async (session) => {
    await session.claim('a', 0, { leaseMs: 50 });
    await session.pass(60);
    await session.claim('b');
    assert.deepEqual(await session.publish('a', 1), PUBLISHED);
    assert.deepEqual(await session.extend('b'), { answer: 'lost' });
  }),

  'the same set published again is no news': rule(async (session) => {
    await session.publish('a', 1, 'sealed');
    assert.deepEqual(await session.publish('a', 1, 'sealed'), PUBLISHED);
  }),

  'another set of the same generation is answered with the first': rule(async (session) => {
    await session.publish('a', 1, 'first');
    const answer = { answer: 'newer', generation: 1, tokens: 'first', replay: false };
    assert.deepEqual(await session.publish('b', 1, 'second'), answer);
    assert.equal(expect(await session.look(0), 'newer').tokens, 'first');
  }),

  'an older set is answered with the newest': rule(async (session) => {
    await session.publish('a', 5, 'fifth');
    const answer = { answer: 'newer', generation: 5, tokens: 'fifth', replay: false };
    assert.deepEqual(await session.publish('b', 4), answer);
  }),

  'a publication that loses releases only its own lease': rule(async (session) => {
    await session.publish('a', 5);
    await session.claim('b', 5);
    expect(await session.publish('c', 4), 'newer');
    assert.deepEqual(await session.extend('b'), { answer: 'extended' });
    expect(await session.publish('b', 4), 'newer');
    assert.deepEqual(await session.extend('b'), { answer: 'lost' });
  }),

  'of a hundred different sets at the same time one is published and the others get it': rule(
    async (session) => {
      const sets = Array.from({ length: 100 }, (_, index) => `set-${index}`);
      const answers = await Promise.all(sets.map((set) => session.publish(set, 1, set)));
      const winner = sets[answers.findIndex(({ answer }) => answer === 'published')];
      for (const answer of answers) {
        if (answer.answer !== 'published') assert.equal(expect(answer, 'newer').tokens, winner);
      }
      assert.equal(answers.filter(({ answer }) => answer === 'published').length, 1);
    },
  ),

  'a publication ends the pause, and the next failure starts at two seconds again': rule(async (session) => {
    await session.claim('a');
    await session.fail('a', 0);
    await session.publish('a', 1);
    expect(await session.claim('b', 1), 'granted');
    await session.fail('b', 0);
    assertAbout(expect(await session.claim('c', 1), 'coolDown').retryAfterMs, 2000);
  }),

  'sets come back as they were given': rule(async (session) => {
    const sealed = 'AZaz09-_'.repeat(1000);
    await session.publish('a', 4_294_967_295, sealed);
    const found = expect(await session.claim('b', 0), 'newer');
    assert.equal(found.tokens, sealed);
    assert.equal(found.generation, 4_294_967_295);
  }),
};
