/** Logout at the same time as renewals: how many refresh tokens are worth something afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Effort, Row } from './row.ts';
import { Scene } from './scene.ts';

const SETTLED_LIMIT_MS = 10_000;

export function logouts({ logoutRounds }: Effort): Row[] {
  return [
    {
      name: `logout during a renewal, ${logoutRounds} rounds`,
      target: '0 live',
      run: (contestant) =>
        Scene.play(contestant, {}, async (scene) => {
          let live = 0;
          for (let round = 0; round < logoutRounds; round += 1) {
            contestant.proxy.refreshTokens.length = 0;
            await scene.signIn();
            await scene.expire();
            await logOutAmong(scene, 5);
            await revoked(scene, round + 1);
            live += await liveTokens(scene);
          }
          return `${live} live`;
        }),
    },
  ];
}

async function logOutAmong(scene: Scene, requests: number): Promise<void> {
  const { browser } = scene;
  const renewing = scene.burst(requests);
  await delay(Math.random() * 40);
  await browser.request(`${scene.app().url}/logout`, { method: 'POST' });
  await renewing;
}

/** Revocation may go on after the answer. */
async function revoked(scene: Scene, sessions: number): Promise<void> {
  const deadline = performance.now() + SETTLED_LIMIT_MS;
  while (scene.app().count('revoked') < sessions && performance.now() < deadline) await delay(20);
}

/** The newest first: at a strict provider a used one would take the others with it. */
async function liveTokens({ contestant }: Scene): Promise<number> {
  let live = 0;
  for (const token of contestant.proxy.refreshTokens.toReversed()) {
    if (await contestant.isLive(token)) live += 1;
  }
  return live;
}
