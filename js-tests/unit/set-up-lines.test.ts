/** What the README says about lines of set-up, counted in the code blocks that show them. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../tools/process.mjs';

/** The blocks of each row of the table: where `auth` is made, the hook, and the file that names its type. */
const BLOCKS: Readonly<Record<string, { makes: string; hook: string; names?: string }>> = {
  SvelteKit: { makes: 'src/lib/server/auth.ts', hook: 'src/hooks.server.ts', names: 'src/app.d.ts' },
  'Request → Response': { makes: 'fetch/auth.ts', hook: 'fetch/server.ts' },
  Astro: { makes: 'astro/auth.ts', hook: 'astro/middleware.ts', names: 'astro/env.d.ts' },
  Express: { makes: 'express/auth.ts', hook: 'express/server.ts' },
  Hono: { makes: 'hono/auth.ts', hook: 'hono/server.ts' },
  'Next.js': { makes: 'lib/auth.ts', hook: 'proxy.ts' },
};

const SERVERS = join(root, 'js-tests', 'packaging', 'fixtures', 'servers');
const MAX_HOOK = 5;
const MAX_NAMES = 1;
const MAX_ADAPTER = 120;
const ADAPTERS = readdirSync(join(root, 'js', 'adapters')).sort();
const BESIDE = readdirSync(join(root, 'js')).filter((file) => file.endsWith('.ts'));
const SOURCES = readdirSync(join(root, 'js'), { recursive: true, encoding: 'utf8' }).filter((path) => /(?<!\.d)\.ts$/.test(path));

const readme = read('README.md');
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const pages = [readme, ...docs.filter((name) => name.endsWith('.md')).map((name) => read('docs', name))];
const rows = table(readme, '| framework | makes `auth` |');

for (const [framework = '', makes, hook, names] of rows) {
  test(`the set-up of ${framework} is as short as the README says`, () => {
    const blocks = Object.entries(BLOCKS).find(([name]) => framework.startsWith(name))?.[1];
    assert.ok(blocks, `no block shows the set-up of ${framework}`);
    const counted = [blocks.makes, blocks.hook, blocks.names].map((path) => (path ? lines(path) : 'none'));
    assert.deepEqual(counted.map(String), [makes, hook, names]);
    assert.ok(lines(blocks.hook) <= MAX_HOOK);
    assert.ok(!blocks.names || lines(blocks.names) <= MAX_NAMES);
  });
}

test('every set-up that is known is in the table', () => {
  assert.ok(rows.length >= Object.keys(BLOCKS).length);
});

for (const path of readdirSync(SERVERS).flatMap((folder) => ['auth.ts', 'server.ts', 'middleware.ts', 'env.d.ts'].map((file) => join(folder, file)))) {
  if (!existsSync(join(SERVERS, path))) continue;
  test(`what docs/frameworks.md shows as ${path} is what is compiled`, () => {
    const compiled = readFileSync(join(SERVERS, path), 'utf8');
    assert.ok(block(path) === compiled, `it is:\n${compiled}`);
  });
}

test("an adapter's file is an entry of the package", () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, { default?: string } | string> };
  const entries = Object.values(exports).map((entry) => (typeof entry === 'string' ? entry : (entry.default ?? '')));
  const ours = entries.filter((path) => path.startsWith('./pkg/adapters/')).map((path) => path.replace(/^.*\/(.*)\.js$/, '$1.ts'));
  assert.deepEqual(ADAPTERS, ours.sort());
});

for (const name of ADAPTERS) {
  test(`js/adapters/${name}, with what nobody else imports, can be read in a minute`, () => {
    const own = BESIDE.filter((file) => importersOf(file).join() === join('adapters', name));
    const count = linesOf('adapters', name) + own.reduce((sum, file) => sum + linesOf(file), 0);
    assert.ok(count <= MAX_ADAPTER, `${count} lines`);
  });
}

function importersOf(file: string): string[] {
  return SOURCES.filter((path) => read('js', path).includes(`/${file}'`));
}

function linesOf(...path: string[]): number {
  return read('js', ...path).trimEnd().split('\n').length;
}

function read(...path: string[]): string {
  return readFileSync(join(root, ...path), 'utf8');
}

/** The cells of a table's rows. */
function table(page: string, head: string): string[][] {
  const [, , ...body] = page.slice(page.indexOf(head)).split('\n\n', 1)[0]?.split('\n') ?? [];
  return body.map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim()));
}

/** The code block that begins with `// path`, without that line. */
function block(path: string): string {
  const start = `\n\`\`\`ts\n// ${path}\n`;
  const page = pages.find((text) => text.includes(start)) ?? assert.fail(`no page shows ${path}`);
  const from = page.indexOf(start) + start.length;
  return page.slice(from, page.indexOf('```', from));
}

/** Lines of code; `export {}` only makes a file of declarations a module. */
function lines(path: string): number {
  return block(path).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('//') && line !== 'export {};').length;
}
