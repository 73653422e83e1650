/** The core with a configuration for tests, and sessions that it signs in without a server. */
import { AuthError } from '../../js/errors.ts';
import { Core } from '../../js/core.ts';
import type { TokenManager } from '../../js/token-manager.ts';
import { SECRET } from './app.ts';

export const PROVIDER_URL = 'http://directus.example.com';

/** What `TokenManager` makes of its options. */
export function coreConfig(changes: object = {}): object {
  return {
    provider: { kind: 'directus', url: PROVIDER_URL },
    secrets: [SECRET],
    secure: true,
    replay: 'serve',
    tokensInRecord: false,
    ...changes,
  };
}

export function testCore(changes: object = {}): Core {
  return new Core(coreConfig(changes), () => {});
}

/** An answer of Directus with new tokens; `seconds` is how long the access token lives. */
export function tokenAnswer(access = 'access', refresh = 'refresh', seconds = 900): Response {
  return Response.json({ data: { access_token: access, refresh_token: refresh, expires: seconds * 1000 } });
}

/** The `Cookie` header after a login that the manager's `fetch` answers. */
export async function signIn(
  manager: Pick<TokenManager, 'run'>,
  credentials = { email: 'ada@example.com', password: 'correct horse' },
): Promise<string> {
  const outcome = await manager.run({ kind: 'login', cookies: '', credentials, remember: true }).outcome;
  if (outcome.kind === 'failed') throw new AuthError(outcome.error);
  return outcome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
