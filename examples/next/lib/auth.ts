import { directus } from 'tokenkeep/directus';
import { tokenkeep } from 'tokenkeep/next';
export const auth = tokenkeep({ provider: directus({ url: process.env.DIRECTUS_URL }), secret: process.env.TOKENKEEP_SECRET });
