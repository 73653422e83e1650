/** A node:test reporter that writes one line of JSON: the totals, and why tests were skipped. */

/** @typedef {{ passed: number, failed: number, skipped: number, reasons: string[] }} Counts */

/**
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* countReporter(events) {
  /** @type {string[]} */
  const reasons = [];
  for await (const { type, data } of events) {
    if (type === 'test:pass' && typeof data.skip === 'string') {
      reasons.push(`${data.name}: ${data.skip || 'no reason given'}`);
    }
    if (type === 'test:summary' && data.file === undefined) {
      const { tests, passed, skipped, todo } = data.counts;
      const failed = tests - passed - skipped - todo;
      yield JSON.stringify({ passed, failed, skipped: skipped + todo, reasons });
    }
  }
}
