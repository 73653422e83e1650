/** Whatever the application answers, the renewed cookie is on it. */
import assert from 'node:assert/strict';
import { type Facts, type World, assertFresh, assertRenewed } from './world.ts';

/** The answer carries the cookie, and the cookie works. */
async function carries(world: World, path: string, isIt: (status: number) => boolean): Promise<void> {
  const user = await world.signInAndExpire();
  const page = await user.browser.get(path);
  assert.ok(isIt(page.status), `${path} was answered with ${page.status}`);
  assertRenewed(page);
  await assertFresh(user);
  assert.equal(world.refreshes, 1);
}

export const answerFacts: Facts = {
  'a redirect carries the renewed cookie': (world) => carries(world, '/redirect', (status) => status > 301 && status < 309),
  'an error carries the renewed cookie': (world) => carries(world, '/error', (status) => status === 500),
  'a route that does not exist carries the renewed cookie': (world) => carries(world, '/nowhere', (status) => status === 404),
  'an answer without a body carries the renewed cookie': (world) => carries(world, '/not-modified', (status) => status === 304),

  'a stream carries the renewed cookie, and is not held back': async (world) => {
    const user = await world.signInAndExpire();
    const chunks: string[] = [];
    const page = await user.browser.get('/stream', { onChunk: (chunk) => chunks.push(chunk) });
    assertRenewed(page);
    assert.equal(page.text, 'first last');
    assert.equal(chunks[0], 'first ');
    await assertFresh(user);
  },
};
