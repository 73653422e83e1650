import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../tools/process.mjs';

const GUIDE = join(root, 'docs', 'guides', 'next-directus.md');
const EXAMPLE = join(root, 'examples', 'next');

/** Blocks of code that say which file they are. */
function filesOf(markdown: string): [path: string, content: string][] {
  const blocks = markdown.matchAll(/^```tsx?\n\/\/ (\S+)\n(.*?)^```$/gms);
  return [...blocks].map(([, path = '', content = '']) => [path, content]);
}

test("the guide's files are the example's, which is built and driven in Chromium", () => {
  const files = filesOf(readFileSync(GUIDE, 'utf8'));
  assert.equal(files.length, 7);
  for (const [path, content] of files) assert.equal(content, readFileSync(join(EXAMPLE, path), 'utf8'), path);
});

test('its other code is run in the test app', () => {
  const guide = readFileSync(GUIDE, 'utf8');
  for (const path of ['app/api/me/route.ts', 'lib/team-proxy.ts']) {
    const file = readFileSync(join(root, 'js-tests', 'next', 'fixtures', 'app', path), 'utf8');
    assert.ok(guide.includes(`\n\`\`\`ts\n${file}\`\`\`\n`), path);
  }
});
