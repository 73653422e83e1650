/** Starts a real Directus on a free port of 127.0.0.1, each time with a fresh copy of the bootstrapped database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../ports.mjs';
import { ADMIN, directusEnvironment, installDirectus } from './install.mjs';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const PING_INTERVAL_MS = 100;

/** Starts Directus, installing it first when needed, and resolves when it answers. Types: start.d.mts. */
export async function startDirectus(options = {}) {
  const { log = () => {} } = options;
  const { cli, directory, template, version } = await installDirectus({ log });
  const folder = await mkdtemp(join(tmpdir(), 'directus-'));
  const database = join(folder, 'data.db');
  await cp(template, database);

  const url = `http://127.0.0.1:${await freePort()}`;
  const settings = { ...directusEnvironment({ database, url }), ...settingsOf(options) };
  const child = spawn(process.execPath, [cli, 'start'], {
    cwd: directory,
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const release = endWithThisProcess(child);
  const stop = async () => {
    await end(child);
    release();
    await rm(folder, { recursive: true, force: true });
  };

  log(`Starting Directus ${version} on ${url}`);
  try {
    await untilItAnswers(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    adminEmail: ADMIN.email,
    adminPassword: ADMIN.password,
    adminToken: ADMIN.token,
    version,
    pid: child.pid,
    stop,
  };
}

function settingsOf({ accessTokenTtl, refreshTokenTtl, sessionCookieTtl, sessionRefreshGracePeriod, corsOrigin, env }) {
  const settings = {};
  if (accessTokenTtl !== undefined) settings.ACCESS_TOKEN_TTL = `${accessTokenTtl}s`;
  if (refreshTokenTtl !== undefined) settings.REFRESH_TOKEN_TTL = `${refreshTokenTtl}s`;
  if (sessionCookieTtl !== undefined) settings.SESSION_COOKIE_TTL = `${sessionCookieTtl}s`;
  if (sessionRefreshGracePeriod !== undefined) settings.SESSION_REFRESH_GRACE_PERIOD = `${sessionRefreshGracePeriod}s`;
  if (corsOrigin !== undefined) {
    Object.assign(settings, { CORS_ENABLED: 'true', CORS_ORIGIN: corsOrigin, CORS_CREDENTIALS: 'true' });
  }
  return { ...settings, ...env };
}

/** Waits for `GET /server/ping`, or for the process to give up. */
async function untilItAnswers(url, child) {
  let output = '';
  const keep = (text) => (output = (output + text).slice(-4000));
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);

  const deadline = Date.now() + START_LIMIT_MS;
  while (isRunning(child) && Date.now() < deadline) {
    const answer = await fetch(`${url}/server/ping`).catch(() => undefined);
    if ((await answer?.text()) === 'pong') return;
    await delay(PING_INTERVAL_MS);
  }
  throw new Error(`Directus did not start:\n${output}`);
}

/** A test run that is interrupted must not leave a server behind. Returns what undoes the arrangement. */
function endWithThisProcess(child) {
  const kill = () => child.kill('SIGKILL');
  const killAndPassOn = (signal) => {
    kill();
    release();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const release = () => {
    process.off('exit', kill);
    for (const signal of signals) process.off(signal, killAndPassOn);
  };
  process.on('exit', kill);
  for (const signal of signals) process.on(signal, killAndPassOn);
  return release;
}

async function end(child) {
  if (!isRunning(child)) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await closed;
  clearTimeout(impatience);
}

function isRunning(child) {
  return child.exitCode === null && child.signalCode === null;
}
