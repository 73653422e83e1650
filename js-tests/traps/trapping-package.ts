/** The packed package with a core that traps on demand, installed in a project. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCore, coreInputs } from '../../tools/build.mjs';
import { unlessBuilt } from '../../tools/fingerprint.mjs';
import { root, step } from '../../tools/process.mjs';
import { installProject } from '../support/project.ts';

const BUILT = join('target', 'trap-switch', 'pkg');
const FILES = ['core/core.js', 'load/core_bg.wasm', 'load/core_base64.js'];

/** Everything in it but the core is the package's. */
export async function installTrappingPackage(): Promise<string> {
  const outputs = FILES.map((file) => join(BUILT, file));
  await unlessBuilt('trap-switch', { inputs: coreInputs, outputs }, () => step('building a core that traps on demand', compile));
  const project = await installProject('traps', fileURLToPath(new URL('fixtures', import.meta.url)));
  cpSync(join(root, BUILT), join(project, 'node_modules', 'tokenkeep', 'pkg'), { recursive: true });
  return project;
}

async function compile(): Promise<void> {
  const files = await compileCore(join(root, 'target', 'trap-switch', 'glue'), ['trap-switch']);
  for (const [file, content] of Object.entries(files)) {
    const path = join(root, BUILT, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
