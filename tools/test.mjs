/**
 * `npm test`: prepares the clone, then runs every check and every test.
 *
 *   --fast   without what needs real servers, a browser or an installed package
 *   --check  no tests: formatting, lints and types only
 *
 * With CI=true a skipped test is a failure.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage } from './check-package.mjs';
import { attempt, projectNode, root, run, seconds, UserError, whenMain } from './process.mjs';
import { setup } from './setup.mjs';
import { checkSizes } from './size.mjs';
import { installSystemTools } from './system-tools.mjs';

/** @typedef {import('./count-reporter.mjs').Counts} Counts */
/** @typedef {{ title: string, work: () => Promise<Partial<Counts> | void> }} Part */

const slowSuites = ['packaging', 'traps', 'workerd', 'sveltekit', 'authjs', 'next', 'astro', 'browser', 'real'];
const wasmTarget = ['--target', 'wasm32-unknown-unknown'];
const denyWarnings = ['--', '-D', 'warnings'];

/** @type {Part[]} */
const checks = [
  command('cargo fmt', 'cargo', ['fmt', '--all', '--check']),
  command('clippy', 'cargo', ['clippy', '--all-targets', ...denyWarnings]),
  command('clippy for wasm32', 'cargo', ['clippy', '--lib', '--all-features', ...wasmTarget, ...denyWarnings]),
  command('types', projectNode, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.']),
];

/**
 * @param {string} title
 * @param {string} program
 * @param {string[]} args
 * @returns {Part}
 */
function command(title, program, args) {
  return { title, work: async () => void (await run(program, args)) };
}

async function cargoTest() {
  const { code, output } = await attempt('cargo', ['test', '--all-features', '--no-fail-fast'], { output: 'tee' });
  const results = [...output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored/gm)];
  const total = (/** @type {number} */ group) =>
    results.reduce((sum, result) => sum + Number(result[group]), 0);
  const counts = { passed: total(1), failed: total(2), skipped: total(3) };
  return code === 0 ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

/**
 * @param {string} suite a folder of js-tests/
 * @returns {Part}
 */
function nodeTest(suite) {
  return { title: `js-tests/${suite}`, work: () => runSuite(suite) };
}

/**
 * @param {string} suite
 * @returns {Promise<Counts>}
 */
async function runSuite(suite) {
  const countsFile = join(root, '.cache', 'test-counts', `${suite}.json`);
  mkdirSync(join(countsFile, '..'), { recursive: true });
  rmSync(countsFile, { force: true });
  const { code } = await attempt(projectNode, [
    '--test',
    '--test-timeout=600000',
    ...(slowSuites.includes(suite) ? ['--test-concurrency=1'] : []),
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/count-reporter.mjs',
    `--test-reporter-destination=${countsFile}`,
    `js-tests/${suite}/**/*.test.ts`,
  ]);
  if (!existsSync(countsFile)) throw new UserError(`js-tests/${suite} ended without a result`);
  const counts = JSON.parse(readFileSync(countsFile, 'utf8'));
  return code === 0 ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

/** The folders of js-tests/ that have tests; quick ones first. */
function suites() {
  const folder = join(root, 'js-tests');
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) =>
    readdirSync(join(folder, name), { recursive: true }).some((file) =>
      String(file).endsWith('.test.ts'),
    ),
  );
  return names.sort((a, b) => slowSuites.indexOf(a) - slowSuites.indexOf(b) || (a < b ? -1 : 1));
}

/**
 * @param {{ fast: boolean, check: boolean }} options
 * @returns {Part[]}
 */
function parts({ fast, check }) {
  if (check) return checks;
  const chosen = suites().filter((suite) => !fast || !slowSuites.includes(suite));
  return [
    ...checks,
    { title: 'cargo test', work: cargoTest },
    { title: 'package', work: checkPackage },
    { title: 'size', work: async () => checkSizes() },
    ...chosen.map(nodeTest),
  ];
}

/**
 * @param {Part} part
 * @returns {Promise<Counts>} a part that breaks without counting tests counts as one failure
 */
async function perform({ title, work }) {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const none = { passed: 0, failed: 0, skipped: 0, reasons: [] };
  const counts = await work().catch((error) => {
    console.error(error instanceof UserError ? error.message : error);
    return { failed: 1 };
  });
  const result = { ...none, ...counts };
  console.log(`== ${title}: ${result.failed > 0 ? 'FAILED' : 'ok'}, ${seconds(started)}`);
  return result;
}

whenMain(import.meta.url, async () => {
  const started = performance.now();
  const fast = process.argv.includes('--fast');
  const check = process.argv.includes('--check');
  if (!fast && !check) await installSystemTools();
  await setup();
  const results = [];
  for (const part of parts({ fast, check })) results.push({ ...part, ...(await perform(part)) });
  report(results, started);
});

/**
 * @param {(Part & Counts)[]} results
 * @param {number} started
 */
function report(results, started) {
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    results.reduce((total, result) => total + result[key], 0);
  console.log(`\nall in ${seconds(started)}`);
  for (const { title, failed } of results) if (failed > 0) console.log(`FAILED: ${title}`);
  for (const { reasons } of results) for (const reason of reasons) console.log(`skipped: ${reason}`);
  const skipsFail = process.env['CI'] === 'true' && sum('skipped') > 0;
  if (skipsFail) console.log('CI=true: a skipped test is a failure');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') > 0 || skipsFail ? 1 : 0;
}
