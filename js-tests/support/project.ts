/** Projects as users have them: outside this repository, with the packed package installed from its tarball. */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from '../../tools/pack.mjs';
import { root, systemPath } from '../../tools/process.mjs';
import { runProgram } from './program.ts';

/** One per checkout, so that what is installed serves the next run too. */
const HOME = join(tmpdir(), `tokenkeep-${sha256(root)}`);

/** Where a project is, installed or not. */
export function projectFolder(name: string): string {
  return join(HOME, name);
}

/**
 * A project with the files of `fixture`, a folder. In its package.json `*` as a version stands for the one that this repository has,
 * and for the tarball where the package is tokenkeep, as does the `file:../..` of an example.
 *
 * With `production` there are no devDependencies, as servers are deployed. They are left out of package.json, because npm's `--omit=dev`
 * keeps those that are also somebody's optional peers; pnpm and Yarn do not.
 */
export async function installProject(name: string, fixture: string, { production = false } = {}): Promise<string> {
  const folder = projectFolder(name);
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder)) {
    if (entry !== 'node_modules' && entry !== STAMP) rmSync(join(folder, entry), { recursive: true });
  }
  cpSync(fixture, folder, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
  const tarball = await pack();
  const archive = `tokenkeep-${sha256(readFileSync(tarball))}.tgz`;
  copyFileSync(tarball, join(folder, archive));
  const { devDependencies, ...manifest } = JSON.parse(readFileSync(join(fixture, 'package.json'), 'utf8'));
  const wanted = production ? manifest : { ...manifest, devDependencies };
  await installPackages(folder, withVersions(JSON.stringify(wanted, undefined, 2), `file:${archive}`));
  return folder;
}

const STAMP = 'installed.json';

async function installPackages(folder: string, manifest: string): Promise<void> {
  writeFileSync(join(folder, 'package.json'), manifest);
  const stamp = join(folder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === manifest) return;
  rmSync(stamp, { force: true });
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await runProgram('npm', ['install', ...quick], { cwd: folder, env: { PATH: systemPath() } });
  writeFileSync(stamp, manifest);
}

function withVersions(manifest: string, tarball: string): string {
  return manifest.replace(/"([^"]+)": "(?:\*|file:\.\.\/\.\.)"/g, (_, name: string) => {
    return `"${name}": "${name === 'tokenkeep' ? tarball : installedVersion(name)}"`;
  });
}

function installedVersion(name: string): string {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12);
}
