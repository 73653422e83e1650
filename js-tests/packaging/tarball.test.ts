import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installProject } from '../support/project.ts';

let installed: string;

before(async () => {
  const project = await installProject('plain', fileURLToPath(new URL('fixtures/plain', import.meta.url)));
  installed = join(project, 'node_modules', 'tokenkeep');
});

test('the package has the files of files.txt and no others', () => {
  const expected = readFileSync(new URL('files.txt', import.meta.url), 'utf8').trim().split('\n');
  assert.deepEqual(files(), expected);
});

test('installing the package runs no script and brings no other package', () => {
  const { scripts, dependencies, bundleDependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const onInstall = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => name in scripts);
  assert.deepEqual({ onInstall, dependencies, bundleDependencies }, { onInstall: [], dependencies: undefined, bundleDependencies: undefined });
});

test('no file names a path of the machine that built it', () => {
  const leaks = files().filter((file) => /\/(?:home|Users|root|work)\/|\.cargo\/|\.rustup\//.test(readFileSync(join(installed, file), 'latin1')));
  assert.deepEqual(leaks, []);
});

function files(): string[] {
  const entries = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => relative(installed, join(entry.parentPath, entry.name)).replaceAll(sep, '/')).sort();
}
