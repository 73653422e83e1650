/** Checks the package as it would be published: its entries, publint, and the types. */
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { entries, reachable } from './package-entries.mjs';
import { projectNode, root, run, UserError, whenMain } from './process.mjs';

/** Packs the package and checks the tarball. */
export async function checkPackage() {
  for (const { code, types } of entries()) {
    reachable(code);
    checkTypesArePublic(types);
  }
  const tarball = await pack();
  await runBin('publint/src/cli.js', ['run', tarball, '--strict']);
  await runBin('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'esm-only']);
}

/**
 * The glue's declarations need a lib that users may not have (packages are checked with their
 * users' settings), so no public declaration may depend on what is in load/.
 *
 * @param {string} types
 */
function checkTypesArePublic(types) {
  const files = [...reachable(types)];
  const leak = files.find((file) => !file.endsWith('.d.ts') || /^pkg\/(?:load|core)\//.test(file));
  if (leak) throw new UserError(`the public types of ${types} reach ${leak}`);
}

/**
 * @param {string} path in node_modules
 * @param {string[]} args
 */
function runBin(path, args) {
  return run(projectNode, [join(root, 'node_modules', path), ...args], { output: 'hide' });
}

whenMain(import.meta.url, checkPackage);
