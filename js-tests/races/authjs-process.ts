/** The application of js-tests/authjs/fixtures as a process of its own, with the contract of `app.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { AuthEvent } from '../../js/events.ts';
import { buildAuthjsApp } from '../../tools/authjs/install.mjs';
import { freePort, untilListening } from '../../tools/ports.mjs';
import { type AppSettings, crash, type RunningApp } from './app-process.ts';

/** What the application is asked for besides the provider. */
export interface AuthjsSettings {
  /** Which callbacks Auth.js gets. */
  readonly recipe: 'tokenkeep' | 'guide';
  /** Where users sign in. Default: nobody does, they come with their tokens. */
  readonly issuer?: string;
  /** Further options of `rotation`. */
  readonly options?: object;
  readonly withoutHandle?: boolean;
  /** The application's callback changes a claim after the sign-in. */
  readonly changesItsMind?: boolean;
  /** Default: a free one. */
  readonly port?: number;
}

/** Builds the application if need be, and starts it. */
export async function startAuthjsApp(
  { provider, secret, redisPort }: AppSettings,
  { port, ...settings }: AuthjsSettings,
): Promise<AuthjsProcess> {
  const folder = await buildAuthjsApp('js-tests/authjs/fixtures/app', 'test-app');
  if (provider.kind !== 'oauth') throw new Error('Auth.js signs in at an authorization server');
  const { options: oauth, me } = provider;
  const issuer = new URL(oauth.tokenEndpoint ?? '').origin;
  return AuthjsProcess.start(folder, port ?? (await freePort()), {
    AUTH_SECRET: secret,
    AUTHJS_APP: JSON.stringify({ issuer, ...settings, oauth, me, redisPort }),
  });
}

export class AuthjsProcess implements RunningApp {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #events: (AuthEvent['type'] | 'jwt')[] = [];
  /** What it has written to its standard error. */
  errors = '';

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
    process.on('message', ({ event }: { event: AuthEvent['type'] | 'jwt' }) => this.#events.push(event));
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
  }

  static async start(folder: string, port: number, env: NodeJS.ProcessEnv): Promise<AuthjsProcess> {
    const url = `http://127.0.0.1:${port}`;
    const clock = new URL('virtual-clock.ts', import.meta.url).href;
    const started = fork(join(folder, 'build', 'index.js'), [], {
      execArgv: ['--import', clock],
      env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), ORIGIN: url, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const app = new AuthjsProcess(started, url);
    if (!(await untilListening(port, started))) throw new Error(`the app with Auth.js did not start:\n${app.errors}`);
    return app;
  }

  /** `jwt`: runs of the callback. */
  count(type: AuthEvent['type'] | 'jwt'): number {
    return this.#events.filter((event) => event === type).length;
  }

  kill(): Promise<void> {
    return crash(this.#process);
  }
}
