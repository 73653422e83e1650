/** The package as it would be published. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBuilt } from './fingerprint.mjs';
import { root, run } from './process.mjs';

const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join('.cache', 'pack');
const tarball = join(folder, `${name}-${version}.tgz`);

/**
 * Packs pkg/ as it is, unless that was done already.
 *
 * @returns {Promise<string>} the tarball's path
 */
export async function pack() {
  const files = { inputs: ['pkg', 'package.json', 'README.md', 'LICENSE'], outputs: [tarball] };
  await unlessBuilt('pack', files, async () => {
    mkdirSync(join(root, folder), { recursive: true });
    const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
    await run('npm', args, { output: 'hide' });
  });
  return join(root, tarball);
}
