import node from '@astrojs/node';
import { defineConfig, envField } from 'astro/config';

const secret = envField.string({ context: 'server', access: 'secret' });

export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'standalone' }),
  env: { schema: { DIRECTUS_URL: secret, TOKENKEEP_SECRET: secret } },
  redirects: { '/': { status: 307, destination: '/account' } },
});
