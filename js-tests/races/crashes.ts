/** Processes and stores that die in the middle of a renewal. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningApp } from './app-process.ts';
import type { Row } from './row.ts';
import { Scene } from './scene.ts';

/** A lease of 30 s, and a margin. */
const LEASE_LIMIT_MS = 45_000;

export function crashes(): Row[] {
  return [leaderKilled(), redisRestarted(), killedBeforePublication()];
}

/** The other process takes over when the lease has ended. */
function leaderKilled(): Row {
  return {
    name: "the leader's process is killed before the provider answers (2 processes with Redis)",
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, { processes: 2 }, async (scene) => {
        await scene.expire();
        await killWhileSending(scene, 'before');
        const other = scene.app(1);
        const status = await settled(scene, other);
        return status === 200 ? scene.verdict(other) : `LOST (${status})`;
      }),
  };
}

/** Redis dies while a refresh is under way, and comes back with what it had written. */
function redisRestarted(): Row {
  return {
    name: 'Redis restarts with its append-only file during a renewal (2 processes)',
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, { processes: 2 }, async (scene) => {
        await scene.expire();
        const old = scene.browser.snapshot();
        scene.faults.next(contestant.refresh, { kind: 'hang' });
        const leading = scene.get();
        await scene.faults.whenHeld();
        await scene.redis?.kill();
        scene.faults.release();
        const status = await leading;
        if (status !== 200) return `LOST (${status} while Redis was down)`;
        await scene.redis?.start();
        const late = await settled(scene, scene.app(1), old);
        return late === 200 ? scene.verdict(scene.app(1)) : `LOST (${late})`;
      }),
  };
}

/** Only the process that died ever knew the new refresh token: a clean sign-out is all that is left. */
function killedBeforePublication(): Row {
  return {
    name: 'the process is killed between rotation and first publication',
    target: 'signed out',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        await killWhileSending(scene, 'after');
        const restarted = await scene.startApp();
        const status = await settled(scene, restarted);
        if (status !== 401) return `not signed out (${status})`;
        await scene.signIn(restarted);
        return (await scene.verdict(restarted)) === 'kept' ? 'signed out' : 'LOST the next session too';
      }),
  };
}

/** Kills the first process while its refresh is at the provider, `before` or `after` the rotation. */
async function killWhileSending(scene: Scene, when: 'before' | 'after'): Promise<void> {
  scene.faults.next(scene.contestant.refresh, { kind: 'hang', when });
  const leading = scene.get().catch(() => {});
  await scene.faults.whenHeld();
  await scene.app().kill();
  await leading;
  scene.faults.clear();
}

/** Asks until the answer is no longer "a matter of time". */
async function settled(scene: Scene, app: RunningApp, browser = scene.browser): Promise<number> {
  const deadline = performance.now() + LEASE_LIMIT_MS;
  let status = await scene.get(browser, app);
  while (status === 503 && performance.now() < deadline) {
    await delay(500);
    status = await scene.get(browser, app);
  }
  return status;
}
