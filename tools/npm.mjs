/** Packages that are no devDependencies of the project, in folders of their own. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, systemPath } from './process.mjs';

/**
 * Installs what a package.json asks for.
 *
 * @param {string} folder relative to the repository
 * @param {string} manifest the package.json, relative to the repository
 */
export async function installInto(folder, manifest) {
  mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(join(root, manifest), join(root, folder, 'package.json'));
  const args = ['install', '--prefix', folder, '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', args, { env: { PATH: systemPath() } });
}
