/** What `npm start` says before it prepares or builds anything. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../tools/process.mjs';
import { npmStart } from '../support/example.ts';

test('--help names every example, and each can be started', async () => {
  const { code, lines } = await npmStart(['--help']);
  assert.equal(code, 0);
  const line = lines.find((one) => one.includes('--example NAME')) ?? '';
  const names = line.match(/[\w-]+(?=[,;])/g) ?? [];
  const started = readdirSync(join(root, 'examples', 'start', 'apps')).map((file) => file.replace(/\.ts$/, ''));
  assert.deepEqual(names.toSorted(), started.toSorted());
  assert.ok(names.every((name) => existsSync(join(root, 'examples', name, 'README.md'))));
});

for (const [args, message] of [
  [['--example', 'nuxt'], 'tokenkeep: there is no example "nuxt", but sveltekit, next, astro, fetch, express, browser, sveltekit-authjs'],
  [['--example', 'next', '--provider', 'oidc'], 'tokenkeep: the example next knows no provider "oidc", but standin, directus'],
  [['--provider', 'nobody'], 'tokenkeep: the example sveltekit knows no provider "nobody", but standin, directus'],
  [['--onec'], "tokenkeep: Unknown option '--onec'"],
] as const) {
  test(`${args.join(' ')} is refused in words`, async () => {
    const { code, lines } = await npmStart([...args]);
    assert.equal(code, 1);
    assert.ok(lines.some((line) => line.startsWith(message)), lines.join('\n'));
  });
}
