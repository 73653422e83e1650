/** Rows about the SDK on a server: rest, graphql, realtime. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createItem, graphql, readItems } from '@directus/sdk';
import { directusClient } from '../../../js/directus.ts';
import { me, type Rows, untilExpiry } from './world.ts';

interface Schema {
  articles: { id: number; title: string }[];
}

export const sdkRows: Rows = {
  "the SDK on a server: rest and graphql carry this request's live token, before and after it expired": async (world) => {
    const { browser, user, session, refreshes } = await world.signIn();
    for (const generation of [0, 1]) {
      const { value } = await browser.visit(async (auth) => {
        const client = directusClient<Schema>(auth).with(graphql());
        const { title } = await client.request(createItem('articles', { title: 'written' }));
        const read = await client.request(readItems('articles', { filter: { title: { _eq: title } }, limit: 1, fields: ['title'] }));
        const { users_me } = await client.query<{ users_me: { email: string } }>('query { users_me { email } }', {}, 'system');
        return [read[0]?.title, users_me.email, auth.session?.generation];
      });
      assert.deepEqual(value, ['written', user.email, generation]);
      if (generation === 0) await untilExpiry(session);
    }
    assert.equal(refreshes(), 1);
  },

  'row 33: a WebSocket is given a fresh access token and never the refresh token: the session lives on': async (world) => {
    const { browser, user, session } = await world.signIn();
    await untilExpiry(session);
    const { value: access_token } = await browser.visit((auth) => auth.getAccessToken());
    const socket = new WebSocket(`${world.directus.url.replace('http', 'ws')}/websocket`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'auth', access_token }));
    const [message] = await once(socket, 'message');
    assert.deepEqual(JSON.parse(message.data), { type: 'auth', status: 'ok' });
    socket.close();
    await browser.visit((auth) => auth.getAccessToken({ refresh: true }));
    assert.equal(await browser.ask(me), user.email);
  },
};
