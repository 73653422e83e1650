import { updateMe } from '@directus/sdk';
import { ActionError, defineAction } from 'astro:actions';
import { z } from 'astro/zod';
import { isAuthError } from 'tokenkeep';
import { directusClient } from 'tokenkeep/directus';

export const server = {
  login: defineAction({
    accept: 'form',
    input: z.object({ email: z.string(), password: z.string(), remember: z.boolean() }),
    async handler({ remember, ...credentials }, { locals }) {
      try {
        await locals.auth.login(credentials, { remember });
      } catch (error) {
        if (!isAuthError(error)) throw error;
        const isRejected = error.code === 'ERR_LOGIN_REJECTED';
        const message = isRejected ? 'That e-mail address and password do not go together.' : `Not possible right now (${error.code}).`;
        throw new ActionError({ code: isRejected ? 'BAD_REQUEST' : 'SERVICE_UNAVAILABLE', message });
      }
    },
  }),
  rename: defineAction({
    accept: 'form',
    input: z.object({ firstName: z.string() }),
    async handler({ firstName }, { locals }) {
      await directusClient(locals.auth).request(updateMe({ first_name: firstName }));
    },
  }),
  logout: defineAction({
    accept: 'form',
    async handler(_, { locals }) {
      await locals.auth.logout();
    },
  }),
};
