import { getRequestEvent, query } from '$app/server';

/** The session as this call sees it: the hook has opened and renewed it as for any other request. */
export const status = query(() => {
  const { auth } = getRequestEvent().locals;
  const { generation, expiresAt } = auth.require();
  return { generation, expiresAt, how: auth.how };
});
