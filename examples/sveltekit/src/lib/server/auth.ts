import { dev } from '$app/env';
import { DIRECTUS_URL, TOKENKEEP_SECRET } from '$app/env/private';
import { directus } from 'tokenkeep/directus';
import { tokenkeep } from 'tokenkeep/sveltekit';

export const auth = tokenkeep({
  provider: directus({ url: DIRECTUS_URL }),
  secret: TOKENKEEP_SECRET,
  // The default, spelled out. Chromium and Firefox take `Secure` cookies from http://localhost too.
  session: { secure: !dev },
});
