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
        let [sent, failed, lost] = [0, 0, 0];
        for (let round = 0; round < rounds; round += 1) {
          await scene.expire();
          const before = scene.refreshes;
          failed += (await scene.burst(requests)).filter((status) => status !== 200).length;
          const during = scene.refreshes - before;
          const isAlive = await scene.isAlive();
          // What a lost session tries afterwards says nothing of the burst.
          sent += isAlive ? scene.refreshes - before : during;
          if (isAlive) continue;
          lost += 1;
          await scene.signIn();
        }
        const perRound = (count: number) => Number((count / rounds).toFixed(1));
        return `${perRound(sent)} / ${perRound(failed)} / ${lost}`;
      }),
  };
}
