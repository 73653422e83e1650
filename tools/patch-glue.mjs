/** What the build changes in the glue that wasm-bindgen generates, and why. */

/** @typedef {{ why: string, find: RegExp, replacement: string }} Patch */

/** @type {Patch[]} */
const common = [
  {
    why: 'the declarations that this comment points to are not shipped',
    find: /^\/\* @ts-self-types=.*\*\/\n+/,
    replacement: '',
  },
  {
    why: 'the asynchronous initialisation is never used, and it would call fetch',
    find: /async function __wbg_load\([\s\S]*?\n\}\n+(?=function initSync\()/,
    replacement: '',
  },
  {
    why: 'as above, its entry points',
    find: /\nlet __wbg_init_promise;[\s\S]*export \{ initSync, __wbg_init as default \};/,
    replacement: '\nexport { initSync };',
  },
];

/** @type {Patch[]} */
const forServers = [
  ...common,
  {
    why: 'an edge runtime hands over a module of another realm, for which instanceof is false',
    find: /\n {4}if \(!\(module instanceof WebAssembly\.Module\)\) \{\n.*\n {4}\}/,
    replacement: '',
  },
  {
    why: 'the generated loop copies a string character by character; encodeInto is 5 to 8 times faster',
    find: /(?<=let ptr = malloc\(len, 1\) >>> 0;\n)(?=\n {4}const mem = getUint8ArrayMemory0\(\);)/,
    replacement: `
    if (len >= 32) {
        const head = cachedTextEncoder.encodeInto(arg, getUint8ArrayMemory0().subarray(ptr, ptr + len));
        let written = head.written;
        if (head.read !== len) {
            const size = written + (len - head.read) * 3;
            ptr = realloc(ptr, len, size, 1) >>> 0;
            const tail = getUint8ArrayMemory0().subarray(ptr + written, ptr + size);
            written += cachedTextEncoder.encodeInto(arg.slice(head.read), tail).written;
            ptr = realloc(ptr, size, written, 1) >>> 0;
        }
        WASM_VECTOR_LEN = written;
        return ptr;
    }
`,
  },
];

/** @type {Patch[]} */
const forPages = [
  ...common,
  {
    why: 'every way into the module is guarded: a trap would leave promises that never settle',
    find: /^/,
    replacement: "import { guarded } from './guard.js';\n",
  },
  {
    why: 'as above, the first instance',
    find: /(?<=\n {4}wasm = )instance\.exports(?=;)/,
    replacement: 'guarded(instance.exports)',
  },
  {
    why: 'as above, the instances after it',
    find: /(?<=\n {4}wasm = )wasmInstance\.exports(?=;)/,
    replacement: 'guarded(wasmInstance.exports)',
  },
  {
    why: 'what an instance that trapped has begun ends in silence: who waited for it was told',
    find: /throw new Error\('Cannot invoke closure from previous WASM instance'\);/,
    replacement: 'return;',
  },
];

/**
 * Applies every patch to the glue for servers.
 *
 * @param {string} glue the generated source
 * @returns {string}
 * @throws when a patch does not match exactly once: the generator has changed, and each patch has to
 *   be looked at again.
 */
export function patchGlue(glue) {
  return patched(glue, forServers);
}

/**
 * The same for pages, without comments and indentation: every page loads it.
 *
 * @param {string} glue
 * @returns {string}
 */
export function patchPageGlue(glue) {
  return patched(glue, forPages)
    .replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '')
    .replace(/^ *\/\/.*\n/gm, '')
    .replace(/^\s+/gm, '');
}

/**
 * @param {string} glue
 * @param {Patch[]} patches
 */
function patched(glue, patches) {
  return patches.reduce((source, { why, find, replacement }) => {
    const matches = source.match(new RegExp(find, `${find.flags}g`))?.length ?? 0;
    if (matches !== 1) {
      throw new Error(`glue patch matched ${matches} times instead of once: ${find} (${why})`);
    }
    return source.replace(find, () => replacement);
  }, glue);
}
