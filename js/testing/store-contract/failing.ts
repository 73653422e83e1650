/** Failures and the pause that follows them. */
import assert from 'node:assert/strict';
import { assertAbout, expect, rule, type Rules, type SessionUnderTest } from './session.ts';

const RELEASED = { answer: 'released' };

/** Claims, fails and says how long renewal pauses. */
async function pauseAfterFailure(session: SessionUnderTest, coolDownMs: number): Promise<number> {
  expect(await session.claim('a'), 'granted');
  assert.deepEqual(await session.fail('a', coolDownMs), RELEASED);
  return expect(await session.claim('b'), 'coolDown').retryAfterMs;
}

export const failing: Rules = {
  'a failure releases the lease and pauses renewal for two seconds': rule(async (session) => {
    assertAbout(await pauseAfterFailure(session, 0), 2000);
    expect(await session.look(), 'coolDown');
    await session.pass(2050);
    assert.deepEqual(await session.look(), RELEASED);
  }),

  'the pause doubles with each failure, up to half a minute': rule(async (session) => {
    for (const pause of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      assertAbout(await pauseAfterFailure(session, 0), pause);
      await session.pass(pause + 50);
    }
  }),

  'the pause is as long as the provider asks, or longer': rule(async (session) => {
    assertAbout(await pauseAfterFailure(session, 5000), 5000);
    await session.pass(5050);
    assertAbout(await pauseAfterFailure(session, 1000), 4000);
  }),

  'a release without a failure pauses nothing': rule(async (session) => {
    await session.claim('a');
    assert.deepEqual(await session.fail('a', null), RELEASED);
    expect(await session.claim('b'), 'granted');
  }),

  'a failure that is told twice counts once': rule(async (session) => {
    await session.claim('a');
    await session.fail('a', 0);
    assert.deepEqual(await session.fail('a', 0), RELEASED);
    assertAbout(expect(await session.claim('b'), 'coolDown').retryAfterMs, 2000);
  }),

  'a failure without the lease changes nothing': rule(async (session) => {
    assert.deepEqual(await session.fail('a', 0), RELEASED);
    await session.claim('a');
    assert.deepEqual(await session.fail('b', 0), RELEASED);
    expect(await session.claim('b'), 'held');
    assert.deepEqual(await session.extend('a'), { answer: 'extended' });
  }),
};
