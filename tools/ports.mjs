/** TCP ports of this machine. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const START_LIMIT_MS = 20_000;
const LOOK_INTERVAL_MS = 25;

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * Whether something accepts connections there.
 *
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export function listens(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (/** @type {boolean} */ open) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

/**
 * Waits until a process that was started listens at its port.
 *
 * @param {number} port
 * @param {{ exitCode: number | null }} child
 * @returns {Promise<boolean>} false when it has ended instead, or takes more than twenty seconds
 */
export async function untilListening(port, child) {
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() > deadline) return false;
    await delay(LOOK_INTERVAL_MS);
  }
  return true;
}
