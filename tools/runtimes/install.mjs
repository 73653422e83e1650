/** Installs the JavaScript runtimes that tests use besides the project's own Node.js: Node.js 22, Deno and Bun. */
import { join } from 'node:path';
import { unlessBuilt } from '../fingerprint.mjs';
import { installInto } from '../npm.mjs';
import { projectNode, root, step } from '../process.mjs';

const manifest = join('tools', 'runtimes', 'package.json');
const folder = join('.cache', 'runtimes');
const bin = join(folder, 'node_modules', '.bin');

/** Where each runtime is once {@link installRuntimes} has resolved. */
export const runtimes = {
  'node-22': join(root, bin, 'node'),
  'node-24': projectNode,
  deno: join(root, bin, 'deno'),
  bun: join(root, bin, 'bun'),
};

/** @typedef {keyof typeof runtimes} Runtime */

/** Installs what is missing. They are no devDependencies: two packages of one project cannot both be called `node`. */
export async function installRuntimes() {
  const outputs = ['node', 'deno', 'bun'].map((name) => join(bin, name));
  await unlessBuilt('runtimes', { inputs: [manifest], outputs }, () =>
    step('installing Node.js 22, Deno and Bun (once, 380 MB)', () => installInto(folder, manifest)),
  );
}
