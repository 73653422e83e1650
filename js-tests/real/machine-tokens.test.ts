/** The application's own tokens, from the certified oidc-provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAuthError } from '../../js/errors.ts';
import { clientCredentials } from '../../js/oauth.ts';
import { startFaultProxy } from '../../js/testing.ts';
import { startOidcProvider } from '../support/oidc-provider.ts';

for (const clientAuth of ['basic', 'post'] as const) {
  test(`ten callers get one token of the client, by client_secret_${clientAuth}`, async () => {
    await using oidc = await startOidcProvider({ clientAuth });
    await using proxy = await startFaultProxy(oidc.url);
    const { clientId, clientSecret } = oidc;
    const tokenEndpoint = `${proxy.url}/token`;
    const machine = clientCredentials({ tokenEndpoint, clientId, clientSecret, clientAuth });
    const tokens = await Promise.all(Array.from({ length: 10 }, () => machine.getAccessToken()));
    assert.equal(new Set(tokens).size, 1);
    assert.match(tokens[0] ?? '', /^[\w-]{20,}$/);
    assert.equal(proxy.counts['POST /token'], 1);
  });
}

test('a wrong secret is a setting to change, in the words of the server', async () => {
  await using oidc = await startOidcProvider();
  const { clientId, tokenEndpoint } = oidc;
  const machine = clientCredentials({ tokenEndpoint, clientId, clientSecret: 'wrong' });
  await assert.rejects(machine.getAccessToken(), (error) => {
    assert.ok(isAuthError(error));
    assert.deepEqual([error.code, error.providerCode], ['ERR_PROVIDER_REJECTED', 'invalid_client']);
    return true;
  });
});
