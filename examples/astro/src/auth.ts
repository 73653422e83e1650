import { DIRECTUS_URL, TOKENKEEP_SECRET } from 'astro:env/server';
import { tokenkeep } from 'tokenkeep/astro';
import { directus } from 'tokenkeep/directus';
export const auth = tokenkeep({ provider: directus({ url: DIRECTUS_URL }), secret: TOKENKEEP_SECRET });
