/**
 * Loaded before anything else into every process of the races: `Date` is ahead of the machine's clock by
 * as many milliseconds as a file says, so that hours pass at once and everywhere. Timers stay real.
 */
import { readFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';

/** Set by `tools/races.mjs`. Elsewhere nothing is changed. */
const file = process.env['RACES_CLOCK'];
/** How long an offset that was read may be used, in ms. */
const TRUST_MS = 5;

if (file !== undefined) {
  const RealDate = globalThis.Date;
  let offsetMs = 0;
  let readAt = -Infinity;

  const now = (): number => {
    if (performance.now() - readAt > TRUST_MS) {
      readAt = performance.now();
      offsetMs = Number(readFileSync(file, 'utf8'));
    }
    return RealDate.now() + offsetMs;
  };

  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });

  // Node writes the `Date` header from a clock of its own.
  const { writeHead } = ServerResponse.prototype;
  ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    if (!this.headersSent && !this.hasHeader('date')) this.setHeader('date', new Date().toUTCString());
    return Reflect.apply(writeHead, this, args);
  } as typeof writeHead;
}
