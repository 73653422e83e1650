import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { directus } from '../../js/directus.ts';
import { startDirectusStandIn } from '../../js/testing.ts';
import { nextSecond } from '../conformance/main-job/world.ts';
import { SECRET } from '../support/app.ts';
import { signIn } from '../support/core.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The built package in a folder of its own: another module graph, another WebAssembly instance. */
async function copyOfThePackage(): Promise<{ folder: string; tokenkeep: typeof import('../../js/index.ts') }> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenkeep-'));
  await cp(join(root, 'pkg'), join(folder, 'pkg'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  const tokenkeep = await import(pathToFileURL(join(folder, 'pkg/index.js')).href);
  return { folder, tokenkeep };
}

test('two copies of the package in one process make one refresh', async (context) => {
  const standIn = await startDirectusStandIn({ accessTokenTtl: 2 });
  context.after(() => standIn.close());
  const copies = await Promise.all([copyOfThePackage(), copyOfThePackage()]);
  context.after(() => Promise.all(copies.map(({ folder }) => rm(folder, { recursive: true }))));
  const [one, other] = copies.map(({ tokenkeep }) => tokenkeep.TokenManager);
  assert.notEqual(one, other);

  const options = { provider: directus({ url: standIn.url }), secret: SECRET };
  const managers = copies.map(({ tokenkeep }) => new tokenkeep.TokenManager(options, true));
  const admin = managers[0] as (typeof managers)[number];
  const cookies = await signIn(admin, { email: 'admin@example.com', password: 'password' });
  // What takes long is done before the burst: it has to fit into the life of the token that it renews.
  for (const manager of managers) manager.validate();
  await delay(2_000);
  await nextSecond();
  const renewals = Array.from({ length: 20 }, (_, index) => {
    const manager = managers[index % 2] as (typeof managers)[number];
    return manager.run({ kind: 'renew', cookies, demand: { tokens: 'usable' } }).outcome;
  });
  const outcomes = await Promise.all(renewals);
  assert.deepEqual(new Set(outcomes.map(({ kind }) => kind)), new Set(['signedIn']));
  assert.equal(standIn.counters.refresh, 1);
});
