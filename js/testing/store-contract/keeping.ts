/** What a store notes and for how long: presented generations, expiry, one session apart from another. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, rule, type Rules } from './session.ts';

const NOTED = { answer: 'noted', replay: false };
const OVER_A_MINUTE = 60_050;

export const keeping: Rules = {
  'a generation presented to a store that knows nothing is no replay, and leaves nothing': rule(
    async (session) => {
      assert.deepEqual(await session.present(3), NOTED);
      assert.deepEqual(await session.present(1), NOTED);
      await session.pass(OVER_A_MINUTE);
      assert.deepEqual(await session.present(1), NOTED);
    },
  ),

  'a generation is a replay a minute after a newer one was presented': rule(async (session) => {
    await session.claim('a', 1);
    await session.publish('a', 2);
    assert.deepEqual(await session.present(2), NOTED);
    assert.deepEqual(await session.present(1), NOTED);
    await session.pass(OVER_A_MINUTE);
    assert.deepEqual(await session.present(2), NOTED);
    assert.deepEqual(await session.present(1), { ...NOTED, replay: true });
  }),

  'the minute begins with the newest presented generation': rule(async (session) => {
    await session.claim('a', 1);
    await session.pass(OVER_A_MINUTE);
    assert.deepEqual(await session.present(2), NOTED);
    assert.deepEqual(await session.present(1), NOTED);
  }),

  'a claim presents its cookie’s generation and is told of a replay': rule(async (session) => {
    await session.claim('a', 1, { presented: 1 });
    await session.publish('a', 2);
    await session.pass(OVER_A_MINUTE);
    assert.equal(expect(await session.claim('b', 1, { presented: 0 }), 'newer').replay, true);
    assert.equal(expect(await session.claim('b', 1, { presented: 1 }), 'newer').replay, false);
    assert.equal(expect(await session.claim('b', 2, { presented: 0 }), 'granted').replay, true);
  }),

  'what is only adopted was not presented': rule(async (session) => {
    await session.publish('a', 2);
    expect(await session.claim('b', 2, { presented: 1 }), 'granted');
    await session.pass(OVER_A_MINUTE);
    assert.deepEqual(await session.present(1), NOTED);
  }),

  'looking changes nothing': rule(async (session) => {
    assert.deepEqual(await session.look(), { answer: 'released' });
    assert.deepEqual(await session.extend('a'), { answer: 'lost' });
    await session.publish('a', 1, 'sealed');
    const newer = { answer: 'newer', generation: 1, tokens: 'sealed', replay: false };
    assert.deepEqual(await session.look(0), newer);
    assert.deepEqual(await session.look(0), newer);
    assert.deepEqual(await session.look(1), { answer: 'released' });
  }),

  'sessions know nothing of each other': rule(async (session) => {
    const other = session.another();
    await session.publish('a', 1, 'one');
    await session.claim('a', 1);
    await session.end('b');
    expect(await other.claim('b'), 'granted');
    await other.publish('b', 1, 'two');
    assert.equal(expect(await other.look(0), 'newer').tokens, 'two');
  }),

  'a record that nobody touches for its life is gone; one that is used stays': {
    maxAge: 0.4,
    async run(session) {
      const used = session.another();
      await session.publish('a', 1);
      await used.publish('a', 1);
      for (let step = 0; step < 6; step++) {
        await delay(100);
        await used.present(1);
        // Somebody who only looks does not keep a record alive.
        await session.look(1);
      }
      assert.deepEqual(await session.look(0), { answer: 'released' });
      expect(await used.look(0), 'newer');
    },
  },
};
