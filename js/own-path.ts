/** Where a redirect may lead: paths of this application, and nothing that a browser reads as another site. */

/** Stands for this application while a path is resolved; no request is ever sent there. */
const HERE = 'http://tokenkeep.invalid';

/** A longer one is no place to return to; it would not fit into a cookie either. */
const LONGEST = 1024;

/**
 * `path` as a browser would resolve it, with its query and fragment; `'/'` for everything else: other origins,
 * other schemes, `//host`, `/\host`, dot segments and escapes that become one of these, control characters, and what is longer than 1,024 characters.
 */
export function ownPath(path: unknown): string {
  if (typeof path !== 'string' || path.length > LONGEST || !path.startsWith('/')) return '/';
  const url = resolved(path);
  if (url?.origin !== HERE || !isPlain(path) || !isPlain(url.pathname)) return '/';
  return `${url.pathname}${url.search}${url.hash}`;
}

function resolved(path: string): URL | null {
  try {
    return new URL(path, HERE);
  } catch {
    return null;
  }
}

/**
 * Whether it begins with one slash and holds neither a backslash nor a control character, also after every
 * layer of percent-encoding in the path has been taken off: a proxy in front may take off one or two.
 */
function isPlain(whole: string): boolean {
  let path = whole.replace(/[?#].*$/s, '');
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(whole) || !isEncoded(path)) return false;
  for (;;) {
    if (path.startsWith('//') || /[\u0000-\u001f\u007f\\]/.test(path)) return false;
    const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    if (decoded === path) return true;
    path = decoded;
  }
}

/** Whether its escapes are those of UTF-8: others mean different things to different decoders. */
function isEncoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
