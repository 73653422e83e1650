/** A built Next.js app in two processes, with their records in Redis. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withoutTool } from '../../tools/system-tools.mjs';
import { World } from '../contract/adapter/world.ts';
import { Browser } from '../support/browser.ts';
import { REFERENCE, type RunningNextApp, buildNextApp, startNextApp } from '../support/next-app.ts';
import { RedisServer } from '../support/redis.ts';

const skip = withoutTool('redis-server');

let redis: RedisServer;
let world: World;
let second: RunningNextApp;

before(async () => {
  if (skip) return;
  redis = await RedisServer.start();
  const folder = await buildNextApp(REFERENCE);
  world = await World.start(async (environment) => {
    const start = () => startNextApp(folder, REFERENCE, { ...environment, REDIS_URL: redis.url });
    const [app, other] = await Promise.all([start(), start()]);
    second = other;
    return app;
  });
});

after(async () => {
  await second?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
  await redis?.stop();
});

/** What `/bare/page` shows, which the proxy does not run for. */
function shown(html: string): { how: string; token: string } {
  return JSON.parse((/id="page">(.*?)<\/p>/.exec(html)?.[1] ?? '').replaceAll('&quot;', '"'));
}

test('twenty requests at once to two processes: one refresh, and all of them have the user', { skip }, async () => {
  const user = await world.signInAndExpire();
  const other = new Browser(second.url, user.browser.cookies);
  const pages = (await Promise.all([user.browser.parallel(10, '/me'), other.parallel(10, '/me')])).flat();
  assert.deepEqual(pages.map(({ body }) => body.email), Array(20).fill(user.email));
  assert.equal(world.refreshes, 1);
});

test('a component that the proxy did not run for renews: the new tokens are kept where every process finds them', { skip }, async () => {
  const user = await world.signInAndExpire();
  const page = await user.browser.get('/bare/page');
  assert.deepEqual([shown(page.text).how, shown(page.text).token, page.setCookie], ['refreshed', 'no error', []]);
  const events = (await world.eventsOf(user.session)).map(({ type }) => type);
  assert.deepEqual(events, ['refreshed', 'handoffPending']);
  const next = await new Browser(second.url, user.browser.cookies).get('/me');
  assert.deepEqual([next.body.how, next.setCookie.length, world.refreshes], ['adopted', 1, 1]);
});
