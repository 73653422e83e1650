/** Sign-in by redirect with every adapter: one test for each fact, in one running application. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Press, postForm, PUBLIC_ORIGIN, SignInWorld, type StartSignInApp } from './sign-in/world.ts';

export type { Press } from './sign-in/world.ts';

/** Sentences about every adapter, and how each is checked. */
type Facts = Readonly<Record<string, (world: SignInWorld) => Promise<void>>>;

const FACTS: Facts = {
  'a user who signs in at the provider has a session, and its tokens can be renewed': async (world) => {
    const ada = world.visitor();
    assert.equal((await ada.state()).session, null);
    assert.equal(await ada.signIn('ada'), '/account');
    const { session, how } = await ada.state();
    assert.deepEqual([session?.data, session?.generation, how], [{ name: 'ADA' }, 0, 'fresh']);
    assert.equal((await ada.renew()).generation, 1);
    assert.deepEqual(ada.cookieNames.map((name) => /^__Host-tokenkeep-/.test(name)), [true]);
  },

  'an answer with another state is refused with a typed error and signs nobody in, and its code is not used': async (world) => {
    const ada = world.visitor();
    const answer = await ada.throughProvider(await ada.press('login'), 'ada');
    assert.ok(answer);
    const tampered = new URL(answer);
    tampered.searchParams.set('state', 'x'.repeat(43));
    assert.equal(await ada.deliver(tampered), '/login?error=ERR_STATE_MISMATCH');
    assert.deepEqual(await ada.state(), { session: null, how: null });
    assert.equal(await ada.deliver(answer), '/account');
  },

  'an answer that another browser asked for signs nobody in': async (world) => {
    const [mallory, victim] = [world.visitor(), world.visitor()];
    await victim.press('login');
    const answer = await mallory.throughProvider(await mallory.press('login'), 'mallory');
    assert.ok(answer);
    assert.equal(await victim.deliver(answer), '/login?error=ERR_STATE_MISMATCH');
    assert.equal((await victim.state()).session, null);
  },

  'a sign-in that begins when the head of the answer has been sent throws ERR_HEADERS_SENT and does nothing': async (world) => {
    const late = world.visitor();
    assert.equal(await late.read('/late-sign-in'), 'first ERR_HEADERS_SENT');
    assert.deepEqual(late.cookieNames, []);
  },

  'logout ends the session here and at the provider, and revokes its refresh token': async (world) => {
    const ada = world.visitor();
    await ada.signIn('ada');
    const { session } = await ada.state();
    assert.ok(session);
    const before = ada.snapshot();
    assert.notEqual(await before.throughProvider(await before.press('login')), null, 'the provider still knows who this is');

    const end = await ada.press('logout');
    assert.equal(end.href.split('?')[0], `${world.provider.url}/session/end`);
    assert.deepEqual(ada.cookieNames, []);
    assert.equal((await before.state()).session, null);
    assert.deepEqual(new Set(await ada.eventsOf(session)), new Set(['revoked', 'sessionEnded']));
    assert.equal((await ada.confirmLogout(end)).href, `${PUBLIC_ORIGIN}/`);
    assert.equal(await ada.throughProvider(await ada.press('login')), null, 'the provider asks for a name');
  },
};

/** What is particular to one framework. */
interface Particulars {
  /** How its buttons are pressed. Default: they are forms that post to routes of their own. */
  readonly press?: Press;
  readonly facts?: Facts;
}

/** Declares the facts. `startApp` is asked once. */
export function signInContract(adapter: string, startApp: StartSignInApp, { press = postForm, facts = {} }: Particulars = {}): void {
  describe(`${adapter}, sign-in by redirect`, () => {
    let world: SignInWorld;
    before(async () => {
      world = await SignInWorld.start(startApp, press);
    });
    after(() => world?.[Symbol.asyncDispose]());
    for (const [sentence, check] of Object.entries({ ...FACTS, ...facts })) test(sentence, () => check(world));
  });
}
