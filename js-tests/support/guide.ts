/** A guide's code blocks as the project that a reader would have. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../tools/process.mjs';

/** A block of code whose first line names its file: `// src/hooks.server.ts`, `<!-- src/routes/+page.svelte -->`. */
const BLOCK = /^```(?:ts|svelte)\n(?:\/\/|<!--) ([\w./+[\]-]+\.(?:ts|svelte))(?: -->)?\n([\s\S]*?)^```$/gm;

const APP_HTML = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" />%sveltekit.head%</head>
  <body>%sveltekit.body%</body>
</html>
`;

/** Writes the blocks of a guide into a fixture's folder, where nothing else is in `src`. Resolves with the files' names. */
export function writeGuide(guide: string, fixture: string): string[] {
  const folder = join(root, fixture);
  rmSync(join(folder, 'src'), { recursive: true, force: true });
  const text = readFileSync(join(root, guide), 'utf8');
  const blocks = [...text.matchAll(BLOCK)].map(([, name = '', code = '']) => [name, code] as const);
  for (const [name, code] of [...blocks, ['src/app.html', APP_HTML] as const]) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
  }
  return blocks.map(([name]) => name);
}
