/** Makes a fresh clone ready: Rust toolchain, npm packages, build. Does only what is not done yet. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import {
  attempt,
  findCommand,
  projectNode,
  root,
  run,
  step,
  systemPath,
  UserError,
  whenMain,
} from './process.mjs';

const wasmTarget = 'wasm32-unknown-unknown';

/** Prepares everything that `npm start` and `npm test` need. */
export async function setup() {
  checkTools();
  await installToolchain();
  await installPackages();
  await build();
}

function checkTools() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 20) throw new UserError(`install Node.js 20 or newer (this is ${process.version})`);
  if (!findCommand('npm')) throw new UserError('install npm; it comes with Node.js');
  if (!findCommand('rustup') || !findCommand('cargo')) {
    throw new UserError('install Rust with rustup (https://rustup.rs), then run this again');
  }
}

async function installToolchain() {
  const channel = pinnedChannel();
  const args = ['--toolchain', channel, '--installed'];
  const targets = await attempt('rustup', ['target', 'list', ...args], { output: 'hide' });
  const components = await attempt('rustup', ['component', 'list', ...args], { output: 'hide' });
  const wanted = [wasmTarget, 'clippy-', 'rustfmt-'];
  if (wanted.every((name) => (targets.output + components.output).includes(name))) return;
  const parts = ['--component', 'clippy,rustfmt', '--target', wasmTarget];
  await step(`installing Rust ${channel} and its ${wasmTarget} target`, () =>
    run('rustup', ['toolchain', 'install', channel, '--profile', 'minimal', ...parts]),
  );
}

function pinnedChannel() {
  const channel = /^channel = "(.+)"$/m.exec(read('rust-toolchain.toml'))?.[1];
  if (channel === undefined) throw new Error('rust-toolchain.toml names no channel');
  return channel;
}

async function installPackages() {
  if (packagesAreCurrent()) return;
  const command = existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install';
  await step('installing the npm packages (about half a minute)', () =>
    run('npm', [command, '--include=dev', '--loglevel=error'], { env: { PATH: systemPath() } }),
  );
  if (!existsSync(projectNode)) {
    throw new UserError('npm skipped the install script of the package "node"; allow it, then run this again');
  }
}

/** Whether node_modules holds what package-lock.json says, from npm's own record of what it did. */
function packagesAreCurrent() {
  const record = 'node_modules/.package-lock.json';
  const needed = [record, 'package-lock.json'].map((path) => join(root, path));
  if (![...needed, projectNode].every((path) => existsSync(path))) return false;
  const locked = JSON.parse(read('package-lock.json')).packages;
  const installed = JSON.parse(read(record)).packages;
  const paths = Object.keys(locked).filter((path) => path !== '');
  return paths.every((path) => {
    const present = installed[path];
    return present ? present.integrity === locked[path].integrity : locked[path].optional === true;
  });
}

/** @param {string} path relative to the repository */
function read(path) {
  return readFileSync(join(root, path), 'utf8');
}

whenMain(import.meta.url, setup);
