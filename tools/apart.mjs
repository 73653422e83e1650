/** Apps of frameworks that the repository does not have, or has in another version: built below .cache, beside what they need. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unlessBuilt } from './fingerprint.mjs';
import { installInto } from './npm.mjs';
import { pack } from './pack.mjs';
import { attempt, projectNode, root, run, step, UserError } from './process.mjs';

/**
 * @typedef {object} Framework
 * @property {string} name of its folder in tools/, which has the package.json, and of the one in .cache
 * @property {string} title what is installed, in words
 * @property {string[]} parts of an app's folder
 * @property {string[]} build the program that builds an app, in node_modules, and its arguments
 * @property {string} output a file of an app that is built
 */

/** The examples' stylesheet, which they import from the folder above their own. */
const style = join('examples', 'style.css');

/**
 * Installs what is missing, and the packed package beside it.
 *
 * @param {Framework} framework
 * @returns {Promise<string>} a folder, relative to the repository: apps below it find these packages before the repository's
 */
export async function installApart({ name, title }) {
  const home = join('.cache', name);
  const modules = join(home, 'node_modules');
  const manifest = manifestOf(name);
  const wanted = Object.keys(JSON.parse(readFileSync(join(root, manifest), 'utf8')).dependencies);
  const outputs = wanted.map((dependency) => join(modules, dependency, 'package.json'));
  await unlessBuilt(name, { inputs: [manifest], outputs }, () =>
    step(`installing ${title}`, async () => {
      await installInto(home, manifest);
      rmSync(join(root, modules, 'tokenkeep'), { recursive: true, force: true });
    }),
  );
  await unpackInto(join(modules, 'tokenkeep'), `${name}-tarball`);
  return home;
}

/** @param {string} name */
function manifestOf(name) {
  return join('tools', name, 'package.json');
}

/**
 * Puts the packed package where the apps find it.
 *
 * @param {string} target
 * @param {string} stamp
 */
async function unpackInto(target, stamp) {
  const tarball = await pack();
  const files = { inputs: ['pkg', 'package.json'], outputs: [join(target, 'package.json')] };
  await unlessBuilt(stamp, files, async () => {
    rmSync(join(root, target), { recursive: true, force: true });
    mkdirSync(join(root, target), { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  });
}

/**
 * Builds a copy of an app, unless that was done already.
 *
 * @param {Framework} framework
 * @param {string} source its folder, relative to the repository
 * @param {string} copy the name of its copy
 * @returns {Promise<string>} the folder of the copy, absolute
 */
export async function buildApart(framework, source, copy) {
  const { name, parts, build, output } = framework;
  const home = await installApart(framework);
  const folder = join(home, copy);
  const files = {
    inputs: [...parts.map((part) => join(source, part)), style, manifestOf(name), 'pkg', 'package.json'],
    outputs: [join(folder, output)],
  };
  await unlessBuilt(`${name}-${copy}`, files, async () => {
    rmSync(join(root, folder), { recursive: true, force: true });
    for (const part of parts) cpSync(join(root, source, part), join(root, folder, part), { recursive: true });
    copyFileSync(join(root, style), join(root, home, 'style.css'));
    await step(`building ${source}`, () => perform(build, join(root, home), join(root, folder)));
  });
  return join(root, folder);
}

/**
 * @param {string[]} build
 * @param {string} home
 * @param {string} cwd
 */
async function perform([program = '', ...args], home, cwd) {
  const { code, output } = await attempt(projectNode, [join(home, 'node_modules', program), ...args], { cwd, output: 'hide' });
  if (code !== 0) throw new UserError(`${cwd} could not be built:\n${output}`);
}
