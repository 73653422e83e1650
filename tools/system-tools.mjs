/** The programs that some tests need and npm does not have. */
import { attempt, findCommand, step } from './process.mjs';

/** Debian package name → the commands that will do. */
const commands = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  'redis-server': ['redis-server'],
};

/** @typedef {keyof typeof commands} SystemTool */

/**
 * The path of an installed tool, or undefined.
 *
 * @param {SystemTool} tool
 */
export function toolPath(tool) {
  return commands[tool].map(findCommand).find((path) => path !== undefined);
}

/**
 * The `skip` option of a test that needs a tool: the reason, or false when the tool is there.
 *
 * @param {SystemTool} tool
 * @returns {string | false}
 */
export function withoutTool(tool) {
  return toolPath(tool) ? false : `${tool} is not installed`;
}

/** Installs what is missing where that is possible, and says in one line what could not be had. */
export async function installSystemTools() {
  if (missingTools().length === 0) return;
  if (process.getuid?.() === 0 && findCommand('apt-get')) await aptInstall(missingTools());
  const missing = missingTools();
  if (missing.length > 0) {
    console.log(`tokenkeep: install ${missing.join(' and ')} to run the tests that need them`);
  }
}

function missingTools() {
  const tools = /** @type {SystemTool[]} */ (Object.keys(commands));
  return tools.filter((tool) => toolPath(tool) === undefined);
}

/** @param {SystemTool[]} tools */
function aptInstall(tools) {
  // Run level 1 keeps the package from starting a service: the tests start their own.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return step(`installing ${tools.join(' and ')} with apt`, async () => {
    await attempt('apt-get', ['update', '-qq'], { env });
    await attempt('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...tools], { env });
  });
}
