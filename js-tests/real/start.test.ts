import assert from 'node:assert/strict';
import test from 'node:test';
import { npmStart, SUMMARY } from '../support/example.ts';

test('npm start -- --once --provider directus plays the main job with a real Directus', async () => {
  const { code, lines } = await npmStart(['--once', '--provider', 'directus']);
  assert.equal(code, 0, lines.join('\n'));
  assert.deepEqual(lines.filter((line) => line.startsWith('refreshes at')), [SUMMARY]);
});

test('npm start -- --example next --once --provider directus plays it through the Next.js app', async () => {
  const { code, lines } = await npmStart(['--example', 'next', '--once', '--provider', 'directus']);
  assert.equal(code, 0, lines.join('\n'));
  assert.ok(lines.includes(SUMMARY), lines.join('\n'));
});

test('npm start -- --once --provider oidc plays the main job with oidc-provider, through examples/express', async () => {
  const { code, lines } = await npmStart(['--once', '--provider', 'oidc']);
  assert.equal(code, 0, lines.join('\n'));
  assert.equal(lines.at(-1), SUMMARY);
});
