/**
 * `npm run races`: what tokenkeep makes of concurrent, late, lost and failing refreshes, as one table.
 *
 *   --quick     fewer rounds and shorter outages, for CI
 *   --stand-in  the Directus stand-in in place of a real Directus
 *   --only=TEXT only rows where `who | name` contains TEXT
 *
 * Exits with 1 when a cell is not what it should be.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildAuthjsApp } from './authjs/install.mjs';
import { attempt, projectNode, root, whenMain } from './process.mjs';
import { setup } from './setup.mjs';

whenMain(import.meta.url, async () => {
  await setup();
  await buildAuthjsApp(join('js-tests', 'authjs', 'fixtures', 'app'), 'test-app');
  const folder = mkdtempSync(join(tmpdir(), 'tokenkeep-races-'));
  const clock = join(folder, 'offset');
  writeFileSync(clock, '0');
  const races = join(root, 'js-tests', 'races');
  const preload = pathToFileURL(join(races, 'virtual-clock.ts')).href;
  try {
    const { code } = await attempt(projectNode, [join(races, 'main.ts'), ...process.argv.slice(2)], {
      env: { RACES_CLOCK: clock, NODE_OPTIONS: `--import=${preload}` },
    });
    process.exitCode = code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
