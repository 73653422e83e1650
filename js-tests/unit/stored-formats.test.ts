/** What an earlier release has stored is read by this one, and what a later one has stored is left to it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RecordValue } from '../../js/process-state.ts';
import { testCore } from '../support/core.ts';

const { secret, sessions, record } = JSON.parse(
  readFileSync(new URL('../../tests/vectors/session-v1.json', import.meta.url), 'utf8'),
);
const NOW = record.tokens.obtainedAt + 2000;
const clock = { now: NOW, skewMs: 0 };
const core = testCore({ secrets: [secret], tokensInRecord: true });
const named = sessions.find((session: { title: string }) => session.title === 'tokens that are in the record');
const cookies = named.cookies.map((pair: string[]) => pair.join('=')).join('; ');

/** What a request with the cookie that names the record is told when the record holds `tokens`. */
function told(tokens: string) {
  const step = core.begin({ kind: 'renew', cookies, demand: { tokens: 'usable' } }, clock);
  const [id, claim] = step.effects.find(([, effect]) => effect.kind === 'store') ?? assert.fail('no claim');
  assert.ok(claim.kind === 'store' && step.state);
  const [, answer] = core.applyVerb({ ...record.stored.value, tokens }, undefined, claim.verb, NOW);
  return core.resume(step.state, id, { kind: 'store', answer }, clock);
}

test('a cookie that names a record leads to the tokens in it', () => {
  assert.equal(named.session.id, record.sessionId);
  const { outcome } = told(record.sealed);
  assert.ok(outcome?.kind === 'signedIn');
  assert.equal(outcome.session.generation, record.stored.value.generation);
  assert.equal(outcome.session.accessToken, record.tokens.accessToken);
});

for (const [by, tokens] of [
  ['a later release', record.later],
  ['another secret', `${record.sealed.slice(0, 6)}x${record.sealed.slice(7)}`],
]) {
  test(`tokens that ${by} has sealed are a retryable error: other processes can read them`, () => {
    const { outcome } = told(tokens);
    assert.ok(outcome?.kind === 'unavailable');
    assert.deepEqual([outcome.error.code, outcome.error.retryable], ['ERR_STORE', true]);
  });

  test(`a logout leaves tokens that ${by} has sealed in the record, ended and not revoked`, () => {
    const step = core.begin({ kind: 'logout', cookies }, clock);
    const [id, ending] = step.effects.find(([, effect]) => effect.kind === 'store') ?? assert.fail('nothing is ended');
    assert.ok(ending.kind === 'store' && step.state);
    const [kept, answer] = core.applyVerb({ ...record.stored.value, tokens, lease: undefined }, undefined, ending.verb, NOW);
    const { state, events, outcome } = core.resume(step.state, id, { kind: 'store', answer }, clock);
    assert.deepEqual([kept?.ended, kept?.revoked, kept?.tokens], [true, false, tokens]);
    assert.deepEqual(events.map(({ type }) => type), ['revocationFailed', 'sessionEnded']);
    assert.deepEqual([outcome?.kind, state], ['signedOut', null]);
  });
}

test('every member of a stored record is read, and written back as it was', () => {
  const look = { verb: 'look', generation: 0, drain: false } as const;
  for (const value of [record.stored.value, record.stored.endedValue] as RecordValue[]) {
    assert.deepEqual(core.applyVerb(value, undefined, look, NOW)[0], value);
  }
});

test('a member that only a later release knows is passed over', () => {
  const look = { verb: 'look', generation: 0, drain: false } as const;
  const [, answer] = core.applyVerb({ ...record.stored.value, later: 1 }, undefined, look, NOW);
  assert.equal(answer.answer, 'newer');
});
