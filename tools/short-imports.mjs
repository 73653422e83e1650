/**
 * Shortens the names that a module imports. wasm-bindgen ends each with sixteen random digits, which no
 * compression makes smaller, once in the module and once in the glue.
 */

/**
 * @param {Uint8Array} wasm
 * @param {string} glue the same names, as keys of an object
 * @param {(names: string[]) => string[]} shorten gives as many names, no two the same
 * @returns {{ wasm: Buffer, glue: string }}
 */
export function shortenImports(wasm, glue, shorten) {
  const names = WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(wasm))).map(({ name }) => name);
  for (const name of names) {
    const count = glue.split(`${name}:`).length - 1;
    if (count !== 1) throw new Error(`the glue has ${count} times instead of once: ${name}`);
  }
  const shortNames = shorten(names);
  const short = new Map(names.map((name, at) => [name, shortNames[at] ?? name]));
  if (new Set(short.values()).size !== names.length) throw new Error('two imports would have one name');
  const key = new RegExp(names.map((name) => `${name}(?=:)`).join('|'), 'g');
  return { wasm: renamed(Buffer.from(wasm), short), glue: glue.replace(key, (name) => short.get(name) ?? name) };
}

/**
 * What a page loads has the shortest names.
 *
 * @param {string[]} names
 */
export function numbered(names) {
  return names.map((_, at) => `_${at.toString(36)}`);
}

/**
 * What a server loads says what it imports: `__wbg_set`, and `__wbg_set_1` for the next of that name.
 *
 * @param {string[]} names
 */
export function readable(names) {
  const words = names.map((name) => name.replace(/_[0-9a-f]{16}$/, ''));
  return words.map((word, at) => {
    const earlier = words.slice(0, at).filter((other) => other === word).length;
    return earlier === 0 ? word : `${word}_${earlier}`;
  });
}

/** A module begins with eight bytes; sections follow: an id, a length, and so many bytes. */
const HEADER = 8;
const IMPORTS = 2;

/**
 * @param {Buffer} wasm
 * @param {Map<string, string>} short
 */
function renamed(wasm, short) {
  for (let at = HEADER; at < wasm.length; ) {
    const id = wasm[at];
    const { value: length, next } = leb(wasm, at + 1);
    const end = next + length;
    if (id === IMPORTS) {
      const section = renamedSection(wasm.subarray(next, end), short);
      const head = Buffer.from([IMPORTS, ...toLeb(section.length)]);
      return Buffer.concat([wasm.subarray(0, at), head, section, wasm.subarray(end)]);
    }
    at = end;
  }
  return wasm;
}

/**
 * A name is its length and its bytes, and nothing else in the section looks like one: the names are long.
 *
 * @param {Buffer} section
 * @param {Map<string, string>} short
 */
function renamedSection(section, short) {
  return [...short].reduce((bytes, [name, to]) => {
    const from = Buffer.from([...toLeb(name.length), ...Buffer.from(name)]);
    const at = bytes.indexOf(from);
    if (at === -1) throw new Error(`no import is called ${name}`);
    const by = Buffer.from([...toLeb(to.length), ...Buffer.from(to)]);
    return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + from.length)]);
  }, section);
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at };
  }
}

/** @param {number} value */
function toLeb(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
