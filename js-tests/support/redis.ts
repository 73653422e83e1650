/** Redis servers for tests: Debian's, on free ports of 127.0.0.1, gone with the test. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolPath } from '../../tools/system-tools.mjs';

export interface RedisOptions {
  /** Survive a crash with every write that was answered. Default: nothing is written to disk. */
  appendOnly?: boolean;
  /** More of the server's options. */
  args?: readonly string[];
}

/** One server. */
export class RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'tokenkeep-redis-'));
  #process: ChildProcess | undefined;

  constructor(port: number, { appendOnly = false, args = [] }: RedisOptions) {
    this.port = port;
    const durability = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
    this.#args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', ...durability, ...args];
  }

  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again with the same port and files. */
  async start(): Promise<void> {
    const started = spawn(toolPath('redis-server') as string, [...this.#args, '--dir', this.#folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = started;
    let log = '';
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    started.once('exit', () => reject(new Error(`redis-server did not start:\n${log}`)));
    started.stdout?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000);
      if (log.includes('Ready to accept connections')) resolve();
    });
    await promise;
  }

  /** As a crash or a power failure would. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  /** Stops answering, with connections left open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** One command by `redis-cli`. */
  command(...args: string[]): Promise<string> {
    return redisCli('-p', `${this.port}`, ...args);
  }

  /** How often each command was performed since the last `CONFIG RESETSTAT`, those in scripts left out. */
  async calls(): Promise<{ [command: string]: number }> {
    const stats = await this.command('INFO', 'commandstats');
    const found = stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
    return Object.fromEntries([...found].map(([, name, calls]) => [name, Number(calls)]));
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Three servers, one cluster. */
export async function startRedisCluster(): Promise<{ servers: RedisServer[]; stop(): Promise<void> }> {
  const servers = await Promise.all(Array.from({ length: 3 }, startNode));
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  await redisCli('--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes');
  for (const server of servers) {
    while (!(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  }
  return { servers, stop: async () => void (await Promise.all(servers.map((one) => one.stop()))) };
}

async function startNode(): Promise<RedisServer> {
  // The port of the bus would be 10,000 higher, which need not exist.
  const bus = ['--cluster-port', `${await freePort()}`];
  return RedisServer.start({ args: ['--cluster-enabled', 'yes', ...bus] });
}

async function redisCli(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', args);
  return stdout;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
