/** Providers that are down or slow, and clients that do not wait for them. */
import { setTimeout as delay } from 'node:timers/promises';
import { pass } from './clock.ts';
import type { Effort, Row } from './row.ts';
import { Scene } from './scene.ts';

/** Longer than any cool-down that follows from a few failures, in seconds. */
const COOLED_DOWN = 60;

export function outages({ hangs }: Effort): Row[] {
  return [unavailable(3), ...hangs.map(hanging), clientGone()];
}

/** Ten requests while the provider answers 503: none of them may be told that it is signed out. */
export function unavailable(seconds: number): Row {
  return {
    name: `provider answers 503 for ${seconds} s`,
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        scene.faults.set(contestant.refresh, { kind: 'status', status: 503 });
        for (let request = 0; request < 10; request += 1) {
          const status = await scene.get();
          if (status !== 503) return `LOST (${status} while the provider was down)`;
          await delay((seconds * 1000) / 10);
        }
        scene.faults.clear();
        await pass(COOLED_DOWN);
        return scene.verdict();
      }),
  };
}

/** Nobody may send the token again while the provider thinks. */
export function hanging(seconds: number): Row {
  return {
    name: `provider hangs for ${seconds} s`,
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        const before = scene.refreshes;
        scene.faults.next(contestant.refresh, { kind: 'hang' });
        const waiting = scene.burst(5);
        await scene.faults.whenHeld();
        await delay(seconds * 1000);
        scene.faults.release();
        const signedOut = (await waiting).filter((status) => status !== 200 && status !== 503);
        if (signedOut.length > 0) return `LOST (${signedOut.join(', ')} while it hung)`;
        return verdictOnOne(scene, before);
      }),
  };
}

/** The browser gives up on the request that leads the renewal. */
function clientGone(): Row {
  return {
    name: "the leader's client aborts",
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        const before = scene.refreshes;
        scene.faults.next(contestant.refresh, { kind: 'hang' });
        const client = new AbortController();
        const leading = scene.browser.ignore(scene.app().url, { signal: client.signal });
        await scene.faults.whenHeld();
        client.abort();
        await leading.catch(() => {});
        scene.faults.release();
        return verdictOnOne(scene, before);
      }),
  };
}

/** Kept, if the session lives and one refresh was sent since there were `before`. */
async function verdictOnOne(scene: Scene, before: number): Promise<string> {
  const alive = await scene.isAlive();
  const sent = scene.refreshes - before;
  return alive && sent === 1 ? scene.verdict() : `LOST (${sent} refreshes)`;
}
