import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Core } from '../../js/core.ts';
import { directus } from '../../js/directus.ts';
import { oauth, type Profile, type ProfileName, profiles } from '../../js/oauth.ts';
import { oidc } from '../../js/oidc.ts';
import type { ProviderConfig } from '../../js/types.ts';
import { coreConfig } from '../support/core.ts';

const endpoint = { url: 'https://api.example.com', tokenEndpoint: 'https://id.example.com/token', clientId: 'app' };
const client = { issuer: 'https://id.example.com', redirectUri: 'https://app.example/auth/callback', clientId: 'app' };
const names = Object.keys(profiles).filter((name) => name !== 'directus') as ProfileName[];
const table = Object.entries(profiles) as [string, Profile][];

const setting = (provider: ProviderConfig, name: string) => (provider as unknown as Record<string, unknown>)[name];

function accepted({ signIn, ...provider }: ProviderConfig): void {
  new Core(coreConfig({ provider }), () => {}).validate();
}

/** The answer of an authorization server to a refresh, judged by the core: whether it ends the session. */
function ends(provider: ProviderConfig, code: string): boolean {
  const core = new Core(coreConfig({ provider }), () => {});
  const clock = { now: Date.now(), skewMs: 0 };
  const adopted = core.begin({ kind: 'adopt', cookies: '', answer: { access_token: 'a', refresh_token: 'r' }, remember: true }, clock);
  assert.ok(adopted.outcome?.kind === 'signedIn');
  const cookies = adopted.outcome.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  let step = core.begin({ kind: 'renew', cookies, demand: { tokens: 'newerThan', used: 0 } }, clock);
  const answers = [
    { kind: 'store', answer: { answer: 'granted', takenOver: false, replay: false } },
    { kind: 'store', answer: { answer: 'extended' } },
    { kind: 'sent', result: { kind: 'response', response: { status: 400, date: null, retryAfterMs: null, setCookie: [], body: { error: code } } } },
  ] as const;
  for (const answer of answers) {
    const [main] = step.effects.find(([, { kind }]) => kind === 'store' || kind === 'send') ?? [];
    assert.ok(main !== undefined && step.state !== null);
    step = core.resume(step.state, main, answer, clock);
  }
  return step.events.some((event) => event.type === 'refreshFailed' && event.class === 'refused');
}

test('a profile sets the reuse window, and an option wins over it', () => {
  for (const profile of names) {
    assert.equal(setting(oauth({ ...endpoint, profile }), 'reuseWindow'), profiles[profile].reuseWindow, profile);
    assert.equal(setting(oauth({ ...endpoint, profile, reuseWindow: 7 }), 'reuseWindow'), 7);
    assert.equal(setting(oauth({ ...endpoint, profile, reuseWindow: 0 }), 'reuseWindow'), 0);
    assert.equal(setting(oidc({ ...client, profile }), 'reuseWindow'), profiles[profile].reuseWindow);
  }
});

test('a profile changes no other setting of the core, and without one everything works', () => {
  const { reuseWindow: _, ...plain } = oauth(endpoint) as ProviderConfig & { reuseWindow: unknown };
  for (const profile of names) {
    const { reuseWindow: __, ...found } = oauth({ ...endpoint, profile }) as ProviderConfig & { reuseWindow: unknown };
    assert.deepEqual(found, plain);
    accepted(oauth({ ...endpoint, profile }));
    accepted(oidc({ ...client, profile }));
  }
  accepted(oauth(endpoint));
  accepted(oidc(client));
});

test('an unknown profile is a named error, also when its name is one of every object', () => {
  for (const profile of ['auth-0', '', 'constructor', '__proto__'] as string[] as ProfileName[]) {
    assert.throws(() => oauth({ ...endpoint, profile }), { code: 'ERR_CONFIG', message: /auth0, okta/ });
    assert.throws(() => oidc({ ...client, profile }), { code: 'ERR_CONFIG' });
  }
});

test('the terminal codes of a profile end a session, and others do not', () => {
  for (const profile of names) {
    for (const code of profiles[profile].terminalCodes) assert.ok(ends(oauth({ ...endpoint, profile }), code), profile);
    assert.ok(!ends(oauth({ ...endpoint, profile }), 'access_denied'), profile);
  }
});

test('the windows are those that the providers document', () => {
  const windows = Object.fromEntries(table.map(([name, { reuseWindow }]) => [name, reuseWindow]));
  const documented = { auth0: 0, okta: 30, entra: 90, keycloak: 0, cognito: 0, google: 90, supabase: 10, directus: 0 };
  assert.deepEqual(windows, documented);
  assert.equal(setting(directus({ url: 'https://cms.example.com' }), 'reuseWindow'), undefined, 'directus knows its own');
});

test('every number is a number of seconds that can be', () => {
  for (const [name, { reuseWindow, accessTokenLifetime, refreshTokenLifetime }] of table) {
    assert.ok(reuseWindow >= 0 && reuseWindow <= 90, name);
    assert.ok(accessTokenLifetime >= 60 && accessTokenLifetime <= 86_400, name);
    assert.ok(refreshTokenLifetime === null || refreshTokenLifetime > accessTokenLifetime, name);
  }
});

test('the guide has the table as it is in the code', () => {
  const guide = readFileSync(new URL('../../docs/oauth.md', import.meta.url), 'utf8');
  const span = (seconds: number | null) =>
    seconds === null ? 'until revoked' : seconds % 86_400 === 0 ? `${seconds / 86_400} d` : `${seconds / 60} min`;
  for (const name of names) {
    const { reuseWindow, rotates, accessTokenLifetime, refreshTokenLifetime, idTokenHint } = profiles[name] as Profile;
    const cells = [`\`${name}\``, `${reuseWindow} s`, rotates, span(accessTokenLifetime), span(refreshTokenLifetime), idTokenHint ? 'kept' : ''];
    const row = `|${cells.map((cell) => (cell ? ` ${cell} ` : ' ')).join('|')}|`;
    assert.ok(guide.includes(row), row);
  }
});
