/** The options of an application under contract: with Directus, or with sign-in at an OpenID Connect provider. */
import { directus } from '../../../js/directus.ts';
import { oidc } from '../../../js/oidc.ts';
import type { AuthOptions } from '../../../js/types.ts';
import { events } from './events.ts';

const { DIRECTUS_URL = '', OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_REDIRECT_URI, TOKENKEEP_SECRET } = process.env;

export const options: AuthOptions = {
  provider: OIDC_ISSUER
    ? oidc({
        issuer: OIDC_ISSUER,
        redirectUri: OIDC_REDIRECT_URI,
        clientId: OIDC_CLIENT_ID,
        clientSecret: OIDC_CLIENT_SECRET,
        parameters: { prompt: 'consent' },
      })
    : directus({ url: DIRECTUS_URL }),
  secret: TOKENKEEP_SECRET,
  onLogin: ({ claims }) => claims && { name: claims['name'] ?? null },
  onEvent: (event) => events.push(event),
};
