/** The rows of apps with Auth.js: a guard in the hook, a layout and a page that all read the session. */
import { burst } from './bursts.ts';
import { hanging, unavailable } from './outages.ts';
import type { Effort, Row } from './row.ts';
import { lost, straggler } from './stragglers.ts';

export function authjsRows({ rounds, hangs }: Effort): Row[] {
  return [
    ...[1, 5, 20, 100].map((requests) => burst(rounds, requests, {}, '')),
    burst(rounds, 20, { processes: 2 }, ' over 2 processes with Redis'),
    straggler('straggler 1 s later', 1, 0),
    straggler('straggler 10 min later, newer cookies in use', 600, 2),
    lost('response lost, retried after 0.2 s', 0.2, 1),
    lost('response lost, retried after an hour', 3600, 1),
    unavailable(3),
    ...hangs.map(hanging),
  ];
}
