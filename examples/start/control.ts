/** What the app's panel may do to the provider, over HTTP on 127.0.0.1. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '../../js/testing.ts';
import { say } from './lines.ts';

const DOWN_MS = 5_000;
/** A renewal that does not come must not keep the panel waiting. */
const HELD_LIMIT_MS = 3_000;
const REFRESH = 'POST /auth/refresh';

export interface Control {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startControl(proxy: FaultProxy): Promise<Control> {
  const actions: Readonly<Record<string, () => unknown>> = {
    'GET /counts': () => ({ refreshes: proxy.counts[REFRESH] ?? 0 }),
    'POST /hold': () => proxy.faults.next(REFRESH, { kind: 'hang' }),
    'POST /held': () => Promise.race([proxy.faults.whenHeld(1), delay(HELD_LIMIT_MS)]),
    'POST /release': () => proxy.faults.clear(),
    'POST /down': () => goDown(proxy),
  };
  const server = createServer(async ({ method, url }, response) => {
    const action = actions[`${method} ${url}`];
    response.statusCode = action ? 200 : 404;
    response.end(JSON.stringify((await action?.()) ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function goDown(proxy: FaultProxy): Promise<void> {
  await proxy.goOffline();
  say(`the provider is down for ${DOWN_MS / 1000} s`);
  void delay(DOWN_MS, undefined, { ref: false }).then(async () => {
    await proxy.goOnline();
    say('the provider is back');
  });
}
