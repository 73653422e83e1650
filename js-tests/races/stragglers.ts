/** Old cookies: requests that arrive late, and requests that are repeated because the response was lost. */
import { pass } from './clock.ts';
import type { Row } from './row.ts';
import { Scene } from './scene.ts';

const DAY = 86_400;

export function stragglers(): Row[] {
  const delays: [name: string, seconds: number][] = [
    ['1 s', 1],
    ['15 s', 15],
    ['10 min', 600],
    ['a day', DAY],
  ];
  return delays.flatMap(([name, seconds]) => [
    straggler(`straggler ${name} later`, seconds, 0),
    straggler(`straggler ${name} later, newer cookies in use`, seconds, 2),
  ]);
}

/** The old cookie's response arrives last and overwrites the browser's newer one. */
export function straggler(name: string, seconds: number, renewalsMeanwhile: number): Row {
  return {
    name,
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        const late = scene.browser.snapshot();
        for (let renewal = 0; renewal <= renewalsMeanwhile; renewal += 1) {
          if (renewal > 0) await scene.expire();
          if ((await scene.get()) !== 200) return 'LOST';
        }
        await pass(seconds);
        const status = await scene.get(late);
        if (status !== 200) return `LOST (${status})`;
        const current = await scene.verdict();
        scene.browser = late;
        return current === 'kept' ? scene.verdict() : current;
      }),
  };
}

export function lostResponses(): Row[] {
  const delays: [name: string, seconds: number][] = [
    ['0.2 s', 0.2],
    ['5 s', 5],
    ['15 s', 15],
    ['an hour', 3600],
  ];
  return delays.flatMap(([name, seconds]) => [
    lost(`response lost, retried after ${name}`, seconds, 1),
    lost(`response lost twice, retried after ${name} each`, seconds, 2),
  ]);
}

export function lost(name: string, seconds: number, times: number): Row {
  return {
    name,
    target: 'kept',
    run: (contestant) =>
      Scene.play(contestant, {}, async (scene) => {
        await scene.expire();
        for (let time = 0; time < times; time += 1) {
          await scene.lose();
          await pass(seconds);
        }
        return scene.verdict();
      }),
  };
}
