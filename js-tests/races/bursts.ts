/** N requests with one expired token: `refreshes / failed / lost sessions` per round. */
import type { Effort, Row } from './row.ts';
import { Scene, type SceneOptions } from './scene.ts';

export function bursts({ rounds }: Effort): Row[] {
  const alone = [1, 5, 20, 100].map((requests) => burst(rounds, requests, {}, ''));
  const several = [2, 4].map((processes) =>
    burst(rounds, 100, { processes }, ` over ${processes} processes with Redis`),
  );
  return [...alone, ...several];
}

/** @param where says what the options are about, in the row's name. */
export function burst(rounds: number, requests: number, options: SceneOptions, where: string): Row {
  return {
    name: `${requests} request${requests === 1 ? '' : 's'} at once${where}`,
    target: '1 / 0 / 0',
    run: (contestant) =>
      Scene.play(contestant, options, async (scene) => {
        const before = scene.refreshes;
        let failed = 0;
        let lost = 0;
        for (let round = 0; round < rounds; round += 1) {
          await scene.expire();
          failed += (await scene.burst(requests)).filter((status) => status !== 200).length;
          if (await scene.isAlive()) continue;
          lost += 1;
          await scene.signIn();
        }
        const perRound = (count: number) => Number((count / rounds).toFixed(1));
        return `${perRound(scene.refreshes - before)} / ${perRound(failed)} / ${lost}`;
      }),
  };
}
