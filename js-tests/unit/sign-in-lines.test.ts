/** What docs/oauth.md shows of sign-in by redirect is what the tests run in each framework. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../tools/process.mjs';

const ASTRO = 'js-tests/astro/fixtures/contract';
const NEXT = 'js-tests/next/fixtures/app';
const APPS = 'js-tests/contract/adapter/apps';

/** The labels in the page's blocks, and the file with these lines. */
const FILES: Readonly<Record<string, string>> = {
  'Astro: src/pages/auth/login.ts': `${ASTRO}/src/pages/auth/login.ts`,
  'Astro: src/pages/auth/callback.ts': `${ASTRO}/src/pages/auth/callback.ts`,
  'Astro: src/pages/auth/logout.ts': `${ASTRO}/src/pages/auth/logout.ts`,
  'Express: before auth.handleError': `${APPS}/express.ts`,
  'Hono: after auth.handle': `${APPS}/hono.ts`,
  'Next.js: app/auth/actions.ts': `${NEXT}/app/auth/actions.ts`,
  'Next.js: app/auth/callback/route.ts': `${NEXT}/app/auth/callback/route.ts`,
  'back-to-login.ts': `${NEXT}/lib/back-to-login.ts`,
};

const page = readFileSync(join(root, 'docs', 'oauth.md'), 'utf8');
const section = page.slice(page.indexOf('### In every other framework'), page.indexOf('### What holds everywhere'));
const blocks = [...section.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block);
const parts = blocks.flatMap((block) => block.split(/^\/\/ /m).slice(1)).map((part) => {
  const end = part.indexOf('\n');
  return { label: part.slice(0, end), code: part.slice(end + 1).trim() };
});

test('every file that is known is shown', () => {
  assert.deepEqual(parts.map(({ label }) => label), Object.keys(FILES));
});

for (const { label, code } of parts) {
  test(`what docs/oauth.md shows as ${label} is run`, () => {
    const file = readFileSync(join(root, FILES[label] ?? ''), 'utf8');
    assert.ok(code !== '' && file.includes(code), `${FILES[label]} is:\n${file}`);
  });
}

test('the apps have the same way back to the login page', () => {
  const [first, ...others] = [`${NEXT}/lib`, `${ASTRO}/src`, 'js-tests/contract/adapter'].map((folder) => {
    const file = readFileSync(join(root, folder, 'back-to-login.ts'), 'utf8');
    return file.slice(file.indexOf('\n'));
  });
  assert.deepEqual(others, [first, first]);
});
