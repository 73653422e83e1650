/** The code in README.md and docs/*.md whose files no other test compiles, against the package's declarations. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { entries } from '../../tools/package-entries.mjs';
import { root } from '../../tools/process.mjs';

/** What a page leaves to its reader, by name: declarations that are added to a block that does not make it itself. */
const PAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    tokenkeep: "import { tokenkeep } from 'tokenkeep/sveltekit';",
    directus: "import { directus } from 'tokenkeep/directus';",
    oauth: "import { oauth } from 'tokenkeep/oauth';",
    SvelteKitAuth: "import { SvelteKitAuth } from '@auth/sveltekit';",
    sequence: "import { sequence } from '@sveltejs/kit/hooks';",
    client: "declare const client: import('redis').RedisClientType;",
    ...texts('url', 'tokenEndpoint', 'clientId', 'clientSecret', 'current', 'previous'),
    Keycloak: 'declare const Keycloak: any;',
  },
  'docs/browser.md': { ...texts('email', 'password'), render: 'declare function render(session: unknown): void;' },
  'docs/oauth.md': {
    tokenkeep: "import { tokenkeep } from 'tokenkeep/sveltekit';",
    isAuthError: "import { isAuthError } from 'tokenkeep';",
    redirect: "import { redirect } from '@sveltejs/kit';",
    auth: "declare const auth: import('tokenkeep/sveltekit').SvelteKitAuth;",
    request: 'declare const request: any;',
    ...texts('clientId', 'clientSecret', 'secret'),
  },
  'docs/directus.md': {
    directus: "import { directus, directusClient } from 'tokenkeep/directus';",
    graphql: "import { graphql } from '@directus/sdk';",
    auth: "declare const auth: import('tokenkeep/fetch').Auth;",
    locals: 'declare const locals: { auth: typeof auth };',
    Schema: 'interface Schema {}',
    request: 'declare const request: Request;',
    tokenAnswer: 'declare const tokenAnswer: { access_token: string };',
    ...texts('url', 'email', 'password', 'otp', 'identifier', 'share'),
  },
  'docs/workers.md': {},
  'docs/sdk-authentication.md': { Schema: 'interface Schema {}' },
  'docs/authjs.md': {
    rotation: "import { rotation } from 'tokenkeep/authjs';",
    oauth: "import { oauth } from 'tokenkeep/oauth';",
    SvelteKitAuth: "import { SvelteKitAuth } from '@auth/sveltekit';",
    env: "import { env } from '$env/dynamic/private';",
    tokens: "import { tokens } from '$lib/server/auth';",
    provider: "declare const provider: import('tokenkeep/authjs').RotationOptions['provider'];",
    Keycloak: 'declare const Keycloak: any;',
    ...texts('API_URL', 'TOKEN_ENDPOINT', 'CLIENT_ID', 'CLIENT_SECRET', 'tokenEndpoint', 'clientId', 'clientSecret'),
  },
};

/** Modules of a reader's project, and those of packages that the repository does not have. */
const AMBIENT = `
declare module '@auth/sveltekit' { export const SvelteKitAuth: any; }
declare module '@auth/sveltekit/providers/keycloak' { const Keycloak: any; export default Keycloak; }
declare module '@sveltejs/adapter-cloudflare' { const adapter: () => import('@sveltejs/kit').Adapter; export default adapter; }
declare module 'cloudflare:workers' { export const env: { TOKENKEEP: import('tokenkeep/durable-object').RecordNamespace }; }
declare module '$env/dynamic/private' { export const env: Record<string, string | undefined>; }
declare module '$app/env/private' { export const DIRECTUS_URL: string | undefined, TOKENKEEP_SECRET: string | undefined; }
declare module '$lib/server/auth' { export const tokens: import('tokenkeep/authjs').Rotation, authjs: any; }
declare namespace App { interface Locals { auth: import('tokenkeep/sveltekit').Auth } }
`;

/** What SvelteKit would write beside a route. */
const ROUTE_TYPES = `
import type { RequestEvent } from '@sveltejs/kit';
export type Actions = Record<string, (event: RequestEvent) => unknown>;
export type PageServerLoad = (event: RequestEvent) => unknown;
`;

/** The application of docs/workers.md and docs/frameworks.md. */
const ROUTE = `
import type { Auth } from 'tokenkeep/fetch';
export declare const route: (request: Request, auth: Auth) => Response | Promise<Response>;
`;

/** Files of the reader's own, which a block imports, but for those that are here. */
const NEIGHBOUR = /from '\.\.?\/(?!\$types|route\.ts)/;
/** Lines of one framework's application, which `unit/sign-in-lines.test.ts` looks for in one that runs. */
const OF_AN_APP = /^\/\/ (?:Astro|Express|Hono|Next\.js): /;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  paths: Object.fromEntries(entries().map(({ subpath, types }) => [`tokenkeep${subpath.slice(1)}`, [`./${types}`]])),
  pathsBasePath: root,
  strict: true,
  // Parameters are shown without the types that a framework's declarations give them.
  noImplicitAny: false,
  skipLibCheck: true,
  noEmit: true,
  allowImportingTsExtensions: true,
};

const files = new Map([[join(root, 'docs-code.d.ts'), AMBIENT], [join(root, '$types.d.ts'), ROUTE_TYPES], [join(root, 'route.ts'), ROUTE]]);
const blocks = Object.keys(PAGES).flatMap((page) => modulesOf(page));
for (const { file, text } of blocks) files.set(file, text);
const host = ts.createCompilerHost(OPTIONS);
const program = ts.createProgram([...files.keys()], OPTIONS, {
  ...host,
  fileExists: (name) => files.has(name) || host.fileExists(name),
  readFile: (name) => files.get(name) ?? host.readFile(name),
  getSourceFile: (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined ? host.getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version);
  },
});

for (const { title, file } of blocks) {
  test(`${title} compiles`, () => {
    const source = program.getSourceFile(file) ?? assert.fail(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    assert.deepEqual(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')), []);
  });
}

/** The modules that a page shows: a block is one, or several if it names several files. */
function modulesOf(page: string): { title: string; file: string; text: string }[] {
  const markdown = readFileSync(join(root, page), 'utf8');
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].flatMap(({ 1: block = '', index }) => {
    const line = markdown.slice(0, index).split('\n').length;
    const parts = block.split(/^(?=\/\/ (?:src\/|in the page))/m).filter((part) => !NEIGHBOUR.test(part) && !OF_AN_APP.test(block));
    return parts.map((part, number) => ({
      title: `${page}, line ${line}, part ${number + 1}`,
      file: join(root, `docs-code-${page.replace(/\W/g, '-')}-${line}-${number}.ts`),
      text: completed(part, PAGES[page] ?? {}),
    }));
  });
}

/** A block with what its page leaves out. */
function completed(block: string, names: Readonly<Record<string, string>>): string {
  const makes = (name: string) =>
    new RegExp(`^import\\b[^']*\\b${name}\\b|\\b(?:const|let) (?:\\{[^}]*)?\\b${name}\\b[^=]*=`, 'm').test(block);
  const wanted = Object.entries(names).filter(([name]) => !makes(name));
  const elided = block.replace(/\{ …/g, '{ ...(null as any)').replace(/^( *)…$/gm, '$1return null as any;');
  return [...wanted.map(([, declaration]) => declaration), elided, 'export {};'].join('\n');
}

function texts(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `declare const ${name}: string;`]));
}
