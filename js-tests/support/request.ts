/** Requests at a manager without a server: the provider and the data service are answers of the test. */
import { mock } from 'node:test';
import type { RequestPort } from '../../js/auth.ts';
import type { SetCookie } from '../../js/cookies.ts';
import { directus } from '../../js/directus.ts';
import type { AuthEvent } from '../../js/events.ts';
import { TokenManager } from '../../js/token-manager.ts';
import type { AuthOptions } from '../../js/types.ts';
import type { Fetch } from '../../js/web.ts';
import { SECRET } from './app.ts';
import { PROVIDER_URL } from './core.ts';

/** A manager whose provider is `answers`, in turn; the last one stays. */
export function setUp(answers: (Response | Error)[], options: Partial<AuthOptions> = {}) {
  const asked: string[] = [];
  const events: AuthEvent[] = [];
  const fetch = (async (url: string) => {
    asked.push(url.slice(PROVIDER_URL.length));
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer?.clone();
  }) as Fetch;
  const manager = new TokenManager(
    { provider: directus({ url: PROVIDER_URL }), secret: SECRET, fetch, onEvent: (event) => void events.push(event), ...options },
    true,
  );
  return { manager, asked, events };
}

interface Circumstances {
  cookies?: string;
  /** The response can still carry a cookie. */
  open?: boolean;
  /** Setting one fails all the same. */
  refuses?: boolean;
  fetch?: Fetch;
}

/** What an adapter would hand over, and the cookies that were set on the response. */
export function portOf({ cookies = '', open = true, refuses = false, fetch = globalThis.fetch as Fetch }: Circumstances) {
  const written: SetCookie[] = [];
  const port: RequestPort = {
    cookies,
    writer: { open, set: (set) => !refuses && written.push(...set) > 0 },
    fetch,
    redirect: (to) => { throw new Error(`redirect ${to}`); },
    fail: (status) => { throw new Error(`fail ${status}`); },
  };
  return { port, written };
}

/** Runs with our own clock set forward by `seconds`. */
export async function later(seconds: number, run: () => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['Date'], now: Date.now() + seconds * 1000 });
  try {
    await run();
  } finally {
    mock.timers.reset();
  }
}

const expired = () =>
  Response.json({ errors: [{ message: '', extensions: { code: 'TOKEN_EXPIRED' } }] }, { status: 401 });

/** A data service that wants this bearer. */
export function dataService(wanted: string) {
  const calls: [method: string, bearer: string | null, body: string, trace: string | null, credentials: string][] = [];
  const fetch = (async (request: Request) => {
    const bearer = request.headers.get('authorization');
    calls.push([request.method, bearer, await request.text(), request.headers.get('x-trace'), request.credentials]);
    return bearer === `Bearer ${wanted}` ? Response.json({ fine: true }) : expired();
  }) as Fetch;
  return { calls, fetch };
}
