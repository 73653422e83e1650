import assert from 'node:assert/strict';
import type { Rows } from './world.ts';
import { assertSignedOut, nextSecond, untilExpiry } from './world.ts';

/** The headers that say something about cookies and caches. */
function cacheHeaders(headers: Headers): (string | null)[] {
  return ['cache-control', 'vary'].map((name) => headers.get(name));
}

export const headerRows: Rows = {
  'a tampered cookie is a signed-out visitor, not an error, and is left alone': async ({ signIn }) => {
    const { browser } = await signIn();
    const [[name, value]] = [...browser.cookies] as [[string, string]];
    const flipped = `${value.slice(0, 50)}${value[50] === 'A' ? 'B' : 'A'}${value.slice(51)}`;
    for (const bad of [flipped, value.slice(0, -1), '', 'garbage', `${value}.${value}`]) {
      const page = await browser.old([[name, bad]]).get('/data');
      assertSignedOut(page);
      assert.deepEqual(page.setCookie, []);
    }
  },

  'a response with our cookie is private, varies by cookie, and keeps the cookies of others': async ({ signIn }) => {
    const { browser, session } = await signIn();
    await untilExpiry(session);
    const { status, headers, setCookie } = await browser.get('/decorated');
    assert.equal(status, 200);
    assert.deepEqual(cacheHeaders(headers), ['private, no-store', 'Accept-Language, Cookie']);
    assert.deepEqual(setCookie.slice(0, 2), ['theme=dark; Path=/', 'language=en; Path=/']);
    assert.match(String(setCookie[2]), /^__Host-tokenkeep-[\w-]{8}=[\w-]+; Path=\/; Max-Age=604800; HttpOnly; Secure; SameSite=Lax$/);
    assert.equal(setCookie.length, 3);
  },

  'a request that neither refreshed nor adopted writes no header': async ({ signIn }) => {
    const { browser, session } = await signIn();
    await untilExpiry(session);
    await nextSecond();
    await browser.get('/token');
    const { headers, setCookie } = await browser.get('/decorated');
    assert.deepEqual(cacheHeaders(headers), ['max-age=60', 'Accept-Language']);
    assert.deepEqual(setCookie, ['theme=dark; Path=/', 'language=en; Path=/']);
  },

  'without Secure the cookie has no prefix': async ({ signIn }) => {
    const { browser } = await signIn('json', { session: { secure: false, cookieName: 'app' } });
    assert.match(String([...browser.cookies.keys()]), /^app-[\w-]{8}$/);
    assert.equal((await browser.get('/token')).status, 200);
  },
};
