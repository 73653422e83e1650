/** A refusal is not believed before the record has been looked at again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oauth } from '../../js/oauth.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthEvent } from '../../js/events.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from '../support/app.ts';

const provider = oauth({ url: 'https://api.example.com', tokenEndpoint: 'https://id.example.com/token', clientId: 'app' });
const refused = () => Response.json({ error: 'invalid_grant' }, { status: 400 });

function managerOf(answer: () => Promise<Response>) {
  const events: AuthEvent[] = [];
  const manager = new TokenManager({ provider, secret: SECRET, fetch: answer as Fetch, onEvent: (event) => events.push(event) }, true);
  return { manager, events };
}

async function signedIn(manager: TokenManager): Promise<string> {
  const answer = { access_token: 'first', refresh_token: 'r' };
  const outcome = await manager.run({ kind: 'adopt', cookies: '', answer, remember: true }).outcome;
  assert.ok(outcome.kind === 'signedIn');
  return outcome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

const renewal = (cookies: string) => ({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }) as const;

test('invalid_grant after somebody else has published newer tokens ends nothing: they are taken', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const answer = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const slow = managerOf(() => (asked.resolve(), answer.promise));
  const quick = managerOf(async () => Response.json({ access_token: 'second', refresh_token: 's', expires_in: 900 }));
  const cookies = await signedIn(slow.manager);
  const waiting = slow.manager.run(renewal(cookies)).outcome;
  await asked.promise;
  t.mock.timers.tick(31_000);
  const taken = await quick.manager.run(renewal(cookies)).outcome;
  assert.ok(taken.kind === 'signedIn' && taken.how === 'refreshed');
  answer.resolve(refused());
  const outcome = await waiting;
  assert.ok(outcome.kind === 'signedIn', outcome.kind);
  assert.deepEqual([outcome.session.accessToken, outcome.session.generation, outcome.how], ['second', 1, 'adopted']);
  assert.deepEqual(slow.events.map(({ type }) => type), ['refreshFailed', 'adopted']);
});

test('invalid_grant with nothing newer in the record ends the session', async () => {
  const { manager, events } = managerOf(async () => refused());
  const outcome = await manager.run(renewal(await signedIn(manager))).outcome;
  assert.ok(outcome.kind === 'signedOut' && outcome.cookies.length === 1);
  assert.deepEqual(events.map(({ type }) => type), ['refreshFailed', 'sessionEnded']);
});
