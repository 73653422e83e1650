/** A real Directus for tests, with an administrator's hand to arrange users. */
import { startDirectus as start } from '../../tools/directus/start.mjs';
import type { DirectusOptions, RunningDirectus } from '../../tools/directus/start.mjs';

export interface NewUser {
  email: string;
  password: string;
  /** A static token. Default: none. */
  token?: string;
  /** A role's id. Default: none, which may sign in and read nothing but public data. */
  role?: string;
}

export interface Directus extends RunningDirectus {
  /** Sends a request as the administrator; resolves with `data` of the answer, rejects on an error status. */
  administer(method: string, path: string, body?: unknown): Promise<any>;
  /** Creates a user and resolves with the id. */
  createUser(user: NewUser): Promise<string>;
  updateUser(email: string, changes: object): Promise<void>;
  /** Sends a request as nobody in particular. */
  post(path: string, body: object, headers?: Record<string, string>): Promise<Response>;
}

/** Starts Directus with a fresh database; the first call ever installs it, which takes two minutes. */
export async function startDirectus(options: DirectusOptions = {}): Promise<Directus> {
  const server = await start(options);

  async function administer(method: string, path: string, body?: unknown): Promise<any> {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const answer = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer?.data;
  }

  return {
    ...server,
    administer,
    createUser: async (user) => (await administer('POST', '/users', user)).id,
    updateUser: async (email, changes) => {
      const [user] = await administer('GET', `/users?filter[email][_eq]=${email}`);
      await administer('PATCH', `/users/${user.id}`, changes);
    },
    post: (path, body, headers = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  };
}
