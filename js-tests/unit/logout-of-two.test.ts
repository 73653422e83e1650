/** A logout of a browser that holds two sessions, step by step. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../js/core.ts';
import { directus } from '../../js/directus.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL, signIn, testCore, tokenAnswer } from '../support/core.ts';

const core = testCore();
const manager = new TokenManager({ provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch: (async () => tokenAnswer()) as Fetch }, true);
const clock = () => ({ now: Date.now(), skewMs: 0 });
const noAnswer = { kind: 'store', answer: { answer: 'noAnswer' } } as const;

/** Whose record is to be marked as ended. */
function ended(effects: readonly (readonly [number, Effect])[]): string[] {
  return effects.flatMap(([, effect]) => (effect.kind === 'store' && effect.verb.verb === 'end' ? [effect.sessionId] : []));
}

test('both are ended at once, and both anew while the store does not answer', async () => {
  const cookies = [await signIn(manager), await signIn(manager)].join('; ');
  const begun = core.begin({ kind: 'logout', cookies }, clock());
  const both = ended(begun.effects);
  assert.equal(new Set(both).size, 2);
  let { state } = begun;
  for (const [id, effect] of begun.effects) {
    if (effect.kind !== 'store' || !state) continue;
    const step = core.resume(state, id, noAnswer, clock());
    ({ state } = step);
    const pause = step.effects.find(([, later]) => later.kind === 'sleep');
    if (!pause || !state) continue;
    const again = core.resume(state, pause[0], { kind: 'slept' }, clock());
    assert.deepEqual(ended(again.effects).sort(), both.sort());
    return;
  }
  assert.fail('nothing was tried again');
});

test('a replay that ends the one session leaves the browser the other one', async (t) => {
  const fetch = (async (url: string) => (url.endsWith('/logout') ? new Response(null, { status: 204 }) : tokenAnswer())) as Fetch;
  const provider = directus({ url: PROVIDER_URL });
  const ending = new TokenManager({ provider, secret: SECRET, fetch, replay: 'end' }, true);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const other = await signIn(ending);
  t.mock.timers.tick(1);
  const old = await signIn(ending);
  const renewed = await ending.run({ kind: 'renew', cookies: old, demand: { tokens: 'newerThan', used: 0 } }).outcome;
  assert.ok(renewed.kind === 'signedIn');
  ending.open(renewed.cookies.map(({ name, value }) => `${name}=${value}`).join('; '));
  t.mock.timers.tick(120_000);
  const cookies = [other, old].join('; ');
  const ended = await ending.run({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }).outcome;
  assert.ok(ended.kind === 'signedOut' && ended.reason === 'replayed');
  assert.deepEqual(ended.cookies.map(({ name, value }) => [name, value]), [[old.split('=')[0], '']]);
});
