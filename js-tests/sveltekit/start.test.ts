import assert from 'node:assert/strict';
import test from 'node:test';
import { npmStart, startExample, SUMMARY } from '../support/example.ts';

test('npm start -- --once plays the main job with the stand-in and ends with status 0', async () => {
  const { code, lines } = await npmStart(['--once']);
  assert.equal(code, 0, lines.join('\n'));
  assert.deepEqual(lines.filter((line) => line.startsWith('refreshes at')), [SUMMARY]);
  assert.equal(lines.at(-1), SUMMARY);
  assert.equal(lines.filter((line) => /request .*: 200, (refreshed|waited|adopted)/.test(line)).length, 20);
});

test('npm start -- --once ends with status 1 and one line when nobody can sign in', async () => {
  const nowhere = { DIRECTUS_URL: 'http://127.0.0.1:1', DIRECTUS_EMAIL: 'a@example.com', DIRECTUS_PASSWORD: 'b' };
  const { code, lines } = await npmStart(['--once'], nowhere);
  assert.equal(code, 1);
  assert.equal(lines.at(-1), 'tokenkeep: signing in was answered with status 503');
});

test('Ctrl+C ends the app, and nothing answers any more', async () => {
  const example = await startExample();
  assert.equal((await fetch(example.url)).status, 200);
  assert.equal(await example.interrupt(), 130);
  await assert.rejects(fetch(example.url));
});
