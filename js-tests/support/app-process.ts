/** Runs `app.ts` as a process of its own, as one of several behind a load balancer. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AuthEvent } from '../../js/events.ts';
import type { How } from '../../js/types.ts';
import type { singleServerClients } from './redis-clients.ts';

export interface AppSettings {
  readonly redisPort: number;
  readonly client: keyof typeof singleServerClients;
  readonly directusUrl: string;
  readonly secret: string;
  readonly reuseWindow?: number;
  readonly fallback?: 'memory';
  /** Seconds that one Redis command may take. */
  readonly timeout?: number;
}

/** What the app says of a request. */
export interface AppAnswer {
  readonly signedIn: boolean;
  readonly generation: number | null;
  readonly how: How | null;
  /** Why there is no token. */
  readonly error: string | null;
  readonly retryable?: boolean;
  /** The `Cookie` header that a browser would send next. */
  readonly cookies: string;
  /** The response set or deleted a cookie. */
  readonly wrote: boolean;
}

export class AppProcess {
  readonly events: AuthEvent[] = [];
  readonly #process: ChildProcess;
  readonly #port: number;

  constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.#port = port;
    process.on('message', (message: { event?: AuthEvent }) => {
      if (message.event) this.events.push(message.event);
    });
  }

  static async start(settings: AppSettings): Promise<AppProcess> {
    const file = fileURLToPath(new URL('process-app.ts', import.meta.url));
    const env = { ...process.env, APP: JSON.stringify(settings) };
    const started = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [message] = (await once(started, 'message')) as [{ port: number }];
    return new AppProcess(started, message.port);
  }

  async login(): Promise<string> {
    return (await this.#request('POST', '/login', '')).cookies;
  }

  logout(cookies: string): Promise<AppAnswer> {
    return this.#request('POST', '/logout', cookies);
  }

  get(cookies: string): Promise<AppAnswer> {
    return this.#request('GET', '/', cookies);
  }

  count(type: AuthEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async #request(method: string, path: string, cookies: string): Promise<AppAnswer> {
    const headers = cookies === '' ? {} : { cookie: cookies };
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, { method, headers });
    const written = response.headers.getSetCookie();
    const kept = written
      .filter((cookie) => !/max-age=0/i.test(cookie))
      .map((cookie) => cookie.slice(0, cookie.indexOf(';')));
    const answer = (await response.json()) as Omit<AppAnswer, 'cookies' | 'wrote'>;
    const wrote = written.length > 0;
    return { ...answer, wrote, cookies: wrote ? kept.join('; ') : cookies };
  }
}
