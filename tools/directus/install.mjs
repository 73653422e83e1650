/**
 * Installs a real Directus (SQLite) outside the project's own dependencies, once, and bootstraps an empty database
 * that every start copies.
 *
 * The folder is `examples/.directus`, or `TOKENKEEP_DIRECTUS_DIR` so that several checkouts (or a CI cache) share one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The administrator of the bootstrapped database: a local throw-away server, so none of this is secret. */
export const ADMIN = { email: 'admin@example.com', password: 'password', token: 'tokenkeep-local-admin' };

const HERE = fileURLToPath(new URL('.', import.meta.url));
const LOCK_POLL_MS = 500;

/** The settings that every command needs, for the database file and address given. */
export function directusEnvironment({ database, url }) {
  const { hostname, port } = new URL(url);
  return {
    DB_CLIENT: 'sqlite3',
    DB_FILENAME: database,
    HOST: hostname,
    PORT: port,
    PUBLIC_URL: url,
    SECRET: 'tokenkeep-local-directus-secret-0',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    ADMIN_TOKEN: ADMIN.token,
    SERVE_APP: 'false',
    TELEMETRY: 'false',
    RATE_LIMITER_ENABLED: 'false',
    PRESSURE_LIMITER_ENABLED: 'false',
  };
}

/**
 * Makes sure that Directus and its template database exist; quick when they do.
 * Resolves with the folder, Directus' command line script, the template database and the version.
 */
export async function installDirectus({ log = () => {} } = {}) {
  const directory = process.env.TOKENKEEP_DIRECTUS_DIR || join(HERE, '../../examples/.directus');
  const wanted = await readFile(join(HERE, 'package.json'), 'utf8');
  const installation = {
    directory,
    cli: join(directory, 'node_modules/directus/cli.js'),
    template: join(directory, 'template.db'),
    version: JSON.parse(wanted).dependencies.directus,
  };
  if (await isComplete(directory, wanted)) return installation;

  await mkdir(directory, { recursive: true });
  await withLock(join(directory, 'install.lock'), log, async () => {
    if (await isComplete(directory, wanted)) return;
    await installPackages(directory, installation.version, log);
    await bootstrapTemplate(installation, log);
    await writeFile(join(directory, 'installed.json'), wanted);
  });
  return installation;
}

/** The marker is written last, and holds what was installed, so that an interrupted or outdated installation is redone. */
async function isComplete(directory, wanted) {
  return (await readText(join(directory, 'installed.json'))) === wanted;
}

async function installPackages(directory, version, log) {
  log(`Installing Directus ${version} (once, about 650 MB, 2 minutes)`);
  await cp(join(HERE, 'package.json'), join(directory, 'package.json'));
  await cp(join(HERE, 'isolated-vm-stub'), join(directory, 'isolated-vm-stub'), { recursive: true });
  const args = ['install', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', [...args, '--omit-lockfile-registry-resolved'], { cwd: directory, shell: process.platform === 'win32' });
}

async function bootstrapTemplate({ directory, cli, template }, log) {
  log('Bootstrapping its database (once, 10 seconds)');
  const scratch = await mkdtemp(join(tmpdir(), 'directus-bootstrap-'));
  const database = join(scratch, 'data.db');
  const settings = directusEnvironment({ database, url: 'http://127.0.0.1:8055' });
  try {
    await run(process.execPath, [cli, 'bootstrap'], { cwd: directory, env: { ...process.env, ...settings } });
    await cp(database, `${template}.new`);
    await rename(`${template}.new`, template);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Runs a command to its end; its output is shown only when it fails. */
async function run(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args[0]} failed with exit code ${code}:\n${output.slice(-4000)}`);
}

/** Holds a lock folder, which `mkdir` creates atomically on every file system, while `action` runs. */
async function withLock(lock, log, action) {
  await acquire(lock, log);
  try {
    return await action();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function acquire(lock, log) {
  for (let waits = 0; ; waits++) {
    try {
      await mkdir(lock);
      return await writeFile(join(lock, 'pid'), String(process.pid));
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (waits === 0) log('Waiting for another process that is installing Directus');
    await delay(LOCK_POLL_MS);
    if (await isAbandoned(lock)) await rm(lock, { recursive: true, force: true });
  }
}

/** True when the process that took the lock is gone. A lock without a pid yet is being taken. */
async function isAbandoned(lock) {
  const pid = Number(await readText(join(lock, 'pid')));
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

async function readText(path) {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}
