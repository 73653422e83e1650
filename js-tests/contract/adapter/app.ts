/** What takes part in the adapter contract: an application around one adapter, behind a real port. */
import { projectNode, root } from '../../../tools/process.mjs';
import { startProgram } from '../../support/program.ts';

/** A running application. */
export interface AdapterApp extends AsyncDisposable {
  /** Its origin. */
  readonly url: string;
  /** Where the process itself cannot be given another clock: sets the application's ahead of the machine's. */
  setClock?(aheadMs: number): Promise<void>;
}

/**
 * What the application's process gets besides its own environment. `DIRECTUS_URL` and `TOKENKEEP_SECRET` are the adapter's
 * options, in production mode; with `RACES_CLOCK` and `NODE_OPTIONS` the suite sets the clock of the process forward.
 */
export interface AppEnvironment {
  readonly DIRECTUS_URL: string;
  readonly TOKENKEEP_SECRET: string;
  readonly RACES_CLOCK: string;
  readonly NODE_OPTIONS: string;
}

/** Starts the application, once for the whole suite. It serves every {@link ROUTES route}. */
export type StartAdapterApp = (environment: AppEnvironment) => Promise<AdapterApp>;

/**
 * The routes, and what each of them answers. JSON unless it says otherwise; an `AuthError` is answered with status 400
 * and `{ code }`. A framework with several ways to answer takes the one that its users take.
 */
export const ROUTES = {
  'GET /plain': 'text, and no header but the framework\'s own',
  'GET /state': '{ session, how } of `auth`, as they are: nothing is asked for',
  'GET /me': '{ email, how } after a call with the bearer',
  'GET /forced': '{ how, generation } after getAccessToken({ refresh: true })',
  'GET /private': '{ session } after require({ redirectTo: "/login" })',
  'GET /members': '{ session } after require()',
  'POST /login': 'the session, for { email, password }',
  'POST /logout': '{}',
  'POST /update': 'the session, with the body as its data',
  'POST /renew': "the adapter's renewRoute; GET reaches it too, or is answered with 405 by the framework",
  'GET /decorated': 'text with the cookies theme=dark and language=en, Cache-Control: max-age=60 and Vary: Accept-Language',
  'GET /redirect': 'a redirect to /plain, 302 to 308',
  'GET /error': "the framework's own answer to a failure, 500",
  'GET /not-modified': '304 with an ETag',
  'GET /stream': 'text in two chunks, "first " and "last"; the second one is made after the first was sent',
  'GET /late-refresh': 'a stream: "first ", and when that was sent the `how` of a forced renewal',
  'GET /late-login': 'a stream: "first ", and when that was sent the code of the error that login throws',
  'GET /late-logout': 'a stream: likewise, of logout',
  'GET /late-sign-in': 'a stream: likewise, of signIn; with an OpenID Connect provider',
  'GET /sub': "the answers of three parallel requests to GET /me, made as the framework's users call their own routes",
  'GET /events': 'the list of all that `onEvent` was told',
} as const;

/** An application that is one file of `apps/`, run by the project's Node.js; it prints its address. */
export function nodeApp(name: string): (environment: object) => Promise<AdapterApp> {
  return async (environment) => {
    const file = `js-tests/contract/adapter/apps/${name}.ts`;
    const ready = /listening on (http:\/\/127\.0\.0\.1:\d+)/;
    const program = await startProgram(projectNode, [file], { cwd: root, env: { ...environment }, ready });
    return { url: program.ready[1] ?? '', [Symbol.asyncDispose]: () => program.stop() };
  };
}
