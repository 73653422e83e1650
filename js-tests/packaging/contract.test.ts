/** The adapter contract in Deno and Bun: on the server that each of them has for web requests, and on its `node:http`. */
import { before } from 'node:test';
import { root } from '../../tools/process.mjs';
import { installRuntimes } from '../../tools/runtimes/install.mjs';
import type { AppEnvironment } from '../contract/adapter/app.ts';
import { adapterContract } from '../contract/adapter-contract.ts';
import { startIn } from '../support/runtime.ts';

before(installRuntimes);

/** Bun goes by the `paths` of a tsconfig.json, and those of this repository are for its types. */
const OPTIONS = { deno: [], bun: ['--tsconfig-override=tools/runtimes/tsconfig.json'] };

for (const runtime of ['deno', 'bun'] as const) {
  for (const adapter of ['fetch', 'hono', 'express', 'node-http']) {
    adapterContract(`tokenkeep/${adapter} in ${runtime}`, async ({ NODE_OPTIONS, ...env }: AppEnvironment) => {
      const options = [...OPTIONS[runtime], NODE_OPTIONS.replace('--import', '--preload')];
      const file = `js-tests/contract/adapter/apps/${adapter}.ts`;
      const ready = /listening on (http:\/\/127\.0\.0\.1:\d+)/;
      const program = await startIn(runtime, file, { cwd: root, env, options, ready });
      return { url: program.ready[1] ?? '', [Symbol.asyncDispose]: () => program.stop() };
    });
  }
}
