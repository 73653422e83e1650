/** What Express answers with where `require` ends a request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express, { type Express } from 'express';
import { tokenkeep } from '../../js/adapters/express.ts';
import { directus } from '../../js/directus.ts';
import { SECRET } from '../support/app.ts';
import { PROVIDER_URL } from '../support/core.ts';

const auth = tokenkeep({ provider: directus({ url: PROVIDER_URL }), secret: SECRET });

function application(): Express {
  const app = express();
  // Express logs what it answers an error with, unless it is tested.
  app.set('env', 'test');
  app.use(auth.handle);
  app.get('/away', (_, response) => void response.locals.auth.require({ redirectTo: '/login' }));
  app.get('/inside', (_, response) => void response.locals.auth.require());
  app.get('/broken', () => assert.fail('our own'));
  return app;
}

async function answers(app: Express, ...paths: string[]): Promise<[status: number, location: string | null, text: string][]> {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await Promise.all(
      paths.map(async (path) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
        return [response.status, response.headers.get('location'), await response.text()];
      }),
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test('handleError answers with what require has asked for, and leaves other errors to whoever comes next', async () => {
  const app = application();
  app.use(auth.handleError);
  const [away, inside, broken] = await answers(app, '/away', '/inside', '/broken');
  assert.deepEqual([away, inside], [[303, '/login', ''], [401, null, 'nobody is signed in']]);
  assert.deepEqual([broken?.[0], broken?.[2].includes('our own')], [500, true]);
});

test('without handleError strangers are refused by the error handler of Express', async () => {
  const [[status, , text] = []] = await answers(application(), '/inside');
  assert.deepEqual([status, text?.includes('nobody is signed in')], [401, true]);
});
