import { defineEnvVars } from '@sveltejs/kit/env';

const optional = (value: string | undefined) => value;

// Optional, so that a build needs no settings. tokenkeep checks its own at the first request.
export const variables = defineEnvVars({
  DIRECTUS_URL: { schema: optional, description: "Directus' PUBLIC_URL" },
  TOKENKEEP_SECRET: { schema: optional, description: 'Seals the session cookie: 32 characters or more' },
  DEMO_CONTROL_URL: { schema: optional, description: 'Set by npm start: lets the panel break the provider' },
});
