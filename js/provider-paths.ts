/** What a provider's configuration says about the places below its URL. */
import type { ProviderConfig } from './types.ts';

/** A parent folder behind an encoded slash: the URL parser leaves it, a server may decode and follow it. */
const CLIMBS = /(^|\/|%2f|%5c)(\.|%2e){2}($|\/|%2f|%5c)/i;

/** The rest of `url` below `base`, compared by origin and whole path segments; `null` elsewhere. */
export function pathUnder(base: string, url: string): string | null {
  if (!URL.canParse(base)) return null;
  const { origin, pathname } = new URL(base);
  const folder = pathname.endsWith('/') ? pathname : `${pathname}/`;
  const target = new URL(url);
  const inside = target.origin === origin && target.pathname.startsWith(folder);
  const path = inside ? target.pathname.slice(folder.length) : null;
  return path === null || CLIMBS.test(path) ? null : path;
}

/** Whether a bearer may go there. Elsewhere than below the provider's URL that is not ours to say. */
export function takesBearer({ url: base, withoutBearer = [] }: ProviderConfig, url: string): boolean {
  return !withoutBearer.includes(firstSegment(base, url));
}

/** Whether an answer from there may be an error although its status is 200. */
export function mayFailWith200({ url: base, errorsWith200 = [] }: ProviderConfig, url: string): boolean {
  return errorsWith200.includes(firstSegment(base, url));
}

/** What to tell the programmer whose own call has been answered so; `null`: nothing. */
export function adviceOn({ url: base, advice = [] }: ProviderConfig, url: string, status: number): string | null {
  const path = pathUnder(base, url)?.toLowerCase().replace(/\/$/, '');
  return advice.find((one) => one.status === status && one.path === path)?.message ?? null;
}

/** In lower case: a provider's router may not look at case. */
function firstSegment(base: string, url: string): string {
  return pathUnder(base, url)?.split('/', 1)[0]?.toLowerCase() ?? '';
}
