/** One race: a provider, apps with one secret, and a browser that has signed in. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Browser } from './browser.ts';
import { RedisServer } from '../support/redis.ts';
import { AppProcess, type AppSettings, type RunningApp } from './app-process.ts';
import { pass } from './clock.ts';
import type { Contestant } from './contestant.ts';

export interface SceneOptions {
  /** Default: one, with its records in process memory. */
  readonly processes?: number;
  /** Default: only with several processes. */
  readonly redis?: boolean;
}

/** What a request came to: 200, 401 signed out, 503 a matter of time, 502 a token that does not work. */
export type Status = number;

export class Scene {
  readonly contestant: Contestant;
  readonly apps: RunningApp[];
  readonly redis: RedisServer | undefined;
  readonly #settings: AppSettings;
  browser = newBrowser();

  private constructor(contestant: Contestant, settings: AppSettings, redis: RedisServer | undefined) {
    this.contestant = contestant;
    this.#settings = settings;
    this.redis = redis;
    this.apps = [];
  }

  /** Sets the scene, signs in, and clears it away after `play`. */
  static async play<T>(
    contestant: Contestant,
    options: SceneOptions,
    play: (scene: Scene) => Promise<T>,
  ): Promise<T> {
    const { processes = 1, redis: wantsRedis = processes > 1 } = options;
    const redis = wantsRedis ? await RedisServer.start({ appendOnly: true }) : undefined;
    const secret = randomBytes(32).toString('base64url');
    const provider = contestant.settings;
    const settings = { provider, secret, ...(redis && { redisPort: redis.port }) };
    const scene = new Scene(contestant, settings, redis);
    try {
      for (let count = 0; count < processes; count += 1) await scene.startApp();
      await scene.signIn();
      return await play(scene);
    } finally {
      contestant.proxy.server.faults.clear();
      await Promise.all(scene.apps.map((app) => app.kill()));
      await redis?.stop();
    }
  }

  get faults() {
    return this.contestant.proxy.server.faults;
  }

  /** Refresh requests that the provider has received so far. */
  get refreshes(): number {
    return this.contestant.proxy.server.counts[this.contestant.refresh] ?? 0;
  }

  async startApp(): Promise<RunningApp> {
    const start = this.contestant.startApp ?? AppProcess.start;
    const app = await start(this.#settings);
    this.apps.push(app);
    return app;
  }

  app(index = 0): RunningApp {
    return this.apps[index % this.apps.length] as RunningApp;
  }

  /** A new session in a new browser. */
  async signIn(app = this.app()): Promise<void> {
    this.browser = newBrowser();
    const body = JSON.stringify(await this.contestant.credentials());
    const headers = { 'content-type': 'application/json' };
    const response = await this.browser.request(`${app.url}/login`, { method: 'POST', headers, body });
    if (response.status !== 204) throw new Error(`login: ${response.status} ${await response.text()}`);
  }

  /** Lets the access token expire. */
  expire(): Promise<void> {
    return pass(this.contestant.accessTokenTtl + 1);
  }

  async get(browser = this.browser, app = this.app()): Promise<Status> {
    const response = await browser.request(app.url);
    await response.body?.cancel();
    return response.status;
  }

  /** A request whose response never arrives. */
  async lose(browser = this.browser): Promise<void> {
    const response = await browser.ignore(this.app().url);
    await response.body?.cancel();
  }

  /** Requests at the same time with the same cookies, dealt to the processes in turn. */
  burst(requests: number): Promise<Status[]> {
    const together = Array.from({ length: requests }, (_, index) => this.get(this.browser, this.app(index)));
    return Promise.all(together);
  }

  /** Whether the user is still signed in, given three tries in half a second. */
  async isAlive(app = this.app()): Promise<boolean> {
    for (let tries = 0; tries < 3; tries += 1) {
      if ((await this.get(this.browser, app)) === 200) return true;
      await delay(250);
    }
    return false;
  }

  /** `kept` when the session works now and after one more renewal. */
  async verdict(app = this.app()): Promise<'kept' | 'LOST'> {
    if (!(await this.isAlive(app))) return 'LOST';
    await this.expire();
    return (await this.isAlive(app)) ? 'kept' : 'LOST';
  }
}

function newBrowser(): Browser {
  return new Browser((request) => fetch(request));
}
