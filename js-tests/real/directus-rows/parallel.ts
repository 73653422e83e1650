/** Rows about many requests, several processes, and what races with what. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { authentication, createDirectus, readMe, rest, staticToken, withToken } from '@directus/sdk';
import { directusClient } from '../../../js/directus.ts';
import type { StoreAnswer, StoreVerb } from '../../../js/store.ts';
import { withinOneToken } from '../../conformance/main-job/world.ts';
import { AppProcess } from '../../support/app-process.ts';
import { RedisServer } from '../../support/redis.ts';
import { SharedStore } from '../../support/shared-store.ts';
import { Visitor } from '../../support/visitor.ts';
import { isAlive, me, type Rows, untilExpiry } from './world.ts';

const times = <T>(count: number, work: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => work(index));

/** Remembers what it answered. */
class WatchedStore extends SharedStore {
  readonly log: Array<{ verb: StoreVerb; answer: StoreAnswer }> = [];

  override async perform(sessionId: string, verb: StoreVerb): Promise<StoreAnswer> {
    const answer = await super.perform(sessionId, verb);
    this.log.push({ verb, answer });
    return answer;
  }
}

/** Every refresh token that Directus gave to an application. */
function recorder() {
  const issued: string[] = [];
  const recording = async (input: RequestInfo | URL, init?: RequestInit) => {
    const response = await fetch(input, init);
    const answer: any = await response.clone().json().catch(() => null);
    if (answer?.data?.refresh_token) issued.push(answer.data.refresh_token);
    return response;
  };
  return { issued, fetch: recording as typeof fetch };
}

export const parallelRows: Rows = {
  'row 4: forced renewals and requests for a token at once are one refresh, one token, and the next refresh works': async (world) => {
    const { browser, session, refreshes } = await world.signIn();
    await untilExpiry(session);
    const tokens = await Promise.all([
      ...times(20, () => browser.copy().ask((auth) => auth.getAccessToken())),
      ...times(20, () => browser.copy().ask((auth) => auth.getAccessToken({ refresh: auth.how === 'fresh' }))),
    ]);
    assert.equal(refreshes(), 1);
    assert.equal(new Set(tokens).size, 1);
    await browser.ask((auth) => auth.getAccessToken({ refresh: true }));
    assert.equal(refreshes(), 2);
  },

  'row 6: a late request with the rotated cookie gets the new pair, and Directus is not asked': async (world) => {
    const { browser, user, session, refreshes } = await world.signIn();
    await untilExpiry(session);
    const late = browser.copy();
    const first = browser.visit(me);
    await delay(40);
    assert.deepEqual([(await first).value, await late.ask(me)], [user.email, user.email]);
    assert.equal(refreshes(), 1);
    const generation = (visitor: Visitor) => visitor.ask((auth) => auth.session?.generation);
    assert.deepEqual([await generation(browser), await generation(late)], [1, 1]);
  },

  'row 8: a refusal because somebody else has rotated adopts what they got, and nobody is signed out': async (world) => {
    const [record, elsewhere] = [new SharedStore(), new SharedStore()];
    const other = await world.start({}, { store: elsewhere });
    const { browser, user, session, events } = await world.signIn({}, {
      store: record,
      fetch: async (input, init) => {
        if (!String(input).endsWith('/auth/refresh')) return fetch(input, init);
        // Before our refresh arrives another process has rotated the token and published what it got.
        await browser.copy(other.auth).ask(me);
        const published = elsewhere.calls.find(({ verb }) => verb === 'publish');
        await record.perform(session.id, published ?? assert.fail('the other process did not publish'));
        return fetch(input, init);
      },
    });
    await untilExpiry(session);
    assert.equal(await browser.ask(me), user.email);
    assert.equal((await browser.ask((auth) => auth.session))?.generation, 1);
    assert.deepEqual(events.map(({ type }) => type).filter((type) => type === 'sessionEnded'), []);
  },

  'row 15: a logout beside a refresh leaves no living refresh token, twenty rounds': async (world) => {
    const { issued, fetch } = recorder();
    const { auth, events } = await world.start({}, { fetch });
    const user = await world.createUser();
    const visitors = times(20, () => new Visitor(auth));
    const sessions = await Promise.all(visitors.map((visitor) => visitor.ask((locals) => locals.login(user))));
    await Promise.all(sessions.map(untilExpiry));
    await Promise.all(
      visitors.map(async (visitor) => {
        const beside = visitor.copy();
        const refreshing = beside.ask((locals) => locals.getAccessToken()).catch(() => null);
        await Promise.all([refreshing, visitor.visit((locals) => locals.logout())]);
        for (const one of [visitor, beside]) assert.equal(await one.ask((locals) => locals.session), null);
      }),
    );
    while (events.filter(({ type }) => type === 'revoked').length < 20) await delay(20);
    assert.ok(issued.length > 20, 'no refresh ran beside a logout');
    assert.equal((await Promise.all(issued.map((token) => isAlive(world.directus, token)))).filter(Boolean).length, 0);
  },

  'row 17 (server): a login while a refresh is under way wins over its late result': async (world) => {
    const { browser, session, proxy } = await world.signIn();
    const bob = await world.createUser();
    await untilExpiry(session);
    proxy.faults.next('POST /auth/refresh', { kind: 'hang' });
    const refreshing = browser.copy().visit((auth) => auth.getAccessToken().catch(() => null));
    await proxy.faults.whenHeld();
    const login = browser.visit((auth) => auth.login(bob));
    await delay(100);
    proxy.faults.release();
    const late = await refreshing;
    await login;
    browser.receive(late.setCookie);
    assert.equal(await browser.ask(me), bob.email);
  },

  'row 18 (server): new tokens are written once and whole, and before anybody who waits gets them': async (world) => {
    const store = new WatchedStore();
    const { browser, session } = await world.signIn({}, { store });
    await untilExpiry(session);
    store.log.length = 0;
    await Promise.all(times(10, () => browser.copy().ask((auth) => auth.getAccessToken())));
    const publications = store.log.filter(({ verb }) => verb.verb === 'publish');
    assert.equal(publications.length, 1);
    const published = store.log.findIndex(({ verb }) => verb.verb === 'publish');
    const found = store.log.flatMap(({ answer }, at) => (answer.answer === 'newer' ? [{ at, answer }] : []));
    assert.ok(found.length > 0 && found.every(({ at, answer }) => at > published && answer.tokens !== ''));
  },

  'row 20: a hundred parallel requests of three users are never mixed': async (world) => {
    const { auth } = await world.start({ mode: 'session' });
    const people = await Promise.all(
      times(3, async () => {
        const user = await world.createUser();
        const visitor = new Visitor(auth);
        await visitor.visit((locals) => locals.login(user));
        return { user, visitor };
      }),
    );
    const answers = times(100, async (index) => {
      const { user, visitor } = people[index % 3] ?? assert.fail();
      const client = (locals: Parameters<typeof directusClient>[0]) => directusClient<any>(locals).request(readMe({ fields: ['email'] }));
      return (await visitor.copy().ask(client))['email'] === user.email;
    });
    assert.deepEqual(new Set(await Promise.all(answers)), new Set([true]));
  },

  'row 20: one shared client with setToken sends three users\' requests as one user; withToken does not': async (world) => {
    const people = await Promise.all(
      times(3, async () => {
        const token = `static-${randomUUID()}`;
        return { email: (await world.createUser({ token })).email, token };
      }),
    );
    const shared = createDirectus<any>(world.directus.url).with(authentication('json')).with(rest());
    const asRequestHandlers = await Promise.all(
      people.map(async ({ token }) => {
        await shared.setToken(token);
        await delay(5);
        return (await shared.request(readMe({ fields: ['email'] })))['email'];
      }),
    );
    assert.deepEqual(asRequestHandlers, times(3, () => people[2]?.email));

    const another = createDirectus<any>(world.directus.url).with(staticToken('nobody')).with(rest());
    const perCall = await Promise.all(people.map(({ token }) => another.request(withToken(token, readMe({ fields: ['email'] })))));
    assert.deepEqual(perCall.map((user) => user['email']), people.map(({ email }) => email));
  },

  'row 21: strategy 1, track the expiry and refresh before: five requests within a token\'s two seconds are at most one refresh': async (world) => {
    await delay(1_000 - (Date.now() % 1_000));
    const { browser, user, refreshes } = await world.signIn();
    for (let request = 0; request < 5; request++) {
      assert.equal(await browser.ask(me), user.email);
      await delay(100);
    }
    assert.ok(refreshes() <= 1, `${refreshes()} refreshes`);
  },
};

/** Needs a Redis server. */
export const processRows: Rows = {
  'row 5: four processes with a shared store and twenty requests each refresh once, and all are served': async ({ directus, context }) => {
    const redis = await RedisServer.start();
    context.after(() => redis.stop());
    const settings = { client: 'node-redis', redisPort: redis.port, directusUrl: directus.url, secret: randomBytes(32).toString('hex') } as const;
    const apps = await Promise.all(times(4, () => AppProcess.start(settings)));
    context.after(() => Promise.all(apps.map((app) => app.kill())));
    const cookies = await apps[0]?.login() ?? '';
    const answers = await withinOneToken(async () => {
      await delay(2_000);
      return () => Promise.all(apps.flatMap((app) => times(20, () => app.get(cookies))));
    });
    assert.deepEqual(answers.filter(({ error }) => error !== null), []);
    // The token had expired, and every refresh makes a generation.
    const [generation = 0, ...others] = new Set(answers.map((answer) => answer.generation));
    assert.deepEqual(others, []);
    await delay(2_100);
    const next = await apps[3]?.get(answers[0]?.cookies ?? '');
    assert.deepEqual([next?.error, next?.generation], [null, (generation ?? 0) + 1]);
  },
};
