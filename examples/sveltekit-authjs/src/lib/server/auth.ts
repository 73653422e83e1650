import { SvelteKitAuth } from '@auth/sveltekit';
import { rotation } from 'tokenkeep/authjs';
import { oauth } from 'tokenkeep/oauth';
import { env } from '$env/dynamic/private';

const { ISSUER, TOKEN_ENDPOINT, REVOCATION_ENDPOINT, CLIENT_ID, CLIENT_SECRET, API_URL } = env;

export const tokens = rotation({
  provider: oauth({
    url: API_URL,
    tokenEndpoint: TOKEN_ENDPOINT,
    revocationEndpoint: REVOCATION_ENDPOINT,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
  }),
  secret: env.AUTH_SECRET,
});

export const authjs = SvelteKitAuth({
  trustHost: true,
  providers: [
    {
      id: 'demo',
      name: 'Demo provider',
      type: 'oidc',
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: 'openid offline_access', prompt: 'consent' } },
      profile: ({ sub }) => ({ id: sub, name: sub }),
    },
  ],
  ...tokens,
});
