/** Authorization code with PKCE (RFC 6749 §4.1, RFC 7636), as a browser without a person goes through it. */
import { createHash, randomBytes } from 'node:crypto';
import type { TokenResponse } from '../../../js/types.ts';
import { CookieJar } from '../cookie-jar.ts';

export interface Client {
  readonly id: string;
  readonly secret: string | undefined;
  readonly redirectUri: string;
}

/** Signs `user` in and redeems the code. */
export async function signIn(issuer: string, client: Client, user: string): Promise<TokenResponse> {
  const verifier = randomBytes(32).toString('base64url');
  const start = new URL('/auth', issuer);
  start.search = new URLSearchParams({
    client_id: client.id,
    redirect_uri: client.redirectUri,
    response_type: 'code',
    scope: 'openid offline_access',
    prompt: 'consent',
    login_hint: user,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  return redeem(issuer, client, await followToCode(start, client.redirectUri), verifier);
}

/** Follows redirects, with cookies, until one leads back to the client. */
async function followToCode(start: URL, redirectUri: string): Promise<string> {
  const jar = new CookieJar();
  let url = start;
  for (let hops = 0; hops < 10; hops += 1) {
    const response = await fetch(url, { redirect: 'manual', headers: jar.headers });
    jar.receive(response.headers.getSetCookie());
    const location = response.headers.get('location');
    if (!location) throw new Error(`sign-in stopped with ${response.status}: ${await response.text()}`);
    url = new URL(location, url);
    const code = url.searchParams.get('code');
    if (url.href.startsWith(redirectUri) && code) return code;
  }
  throw new Error('sign-in goes round in circles');
}

async function redeem(issuer: string, client: Client, code: string, verifier: string): Promise<TokenResponse> {
  const response = await fetch(new URL('/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      code_verifier: verifier,
      client_id: client.id,
      ...(client.secret === undefined ? {} : { client_secret: client.secret }),
    }),
  });
  if (!response.ok) throw new Error(`the code was refused: ${await response.text()}`);
  return (await response.json()) as TokenResponse;
}
