import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LateJarCookies, type SetCookie, applyCookies, readCookies, setCookieHeader, uncacheable } from '../../js/cookies.ts';

const attributes = { httpOnly: true, sameSite: 'lax', path: '/', secure: true } as const;
const cookie = (name: string, value: string, maxAge: number | null = 60): SetCookie => ({ name, value, attributes: { ...attributes, maxAge } });

test('a Set-Cookie header says what the instruction says', () => {
  assert.equal(setCookieHeader(cookie('a', 'b')), 'a=b; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax');
  assert.equal(setCookieHeader(cookie('a', 'b', null)), 'a=b; Path=/; HttpOnly; Secure; SameSite=Lax');
  assert.equal(setCookieHeader(cookie('a', '', 0)), 'a=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax');
  const bare = { name: 'a', value: 'b', attributes: { httpOnly: false, sameSite: 'none', path: '/x', secure: false } } as const;
  assert.equal(setCookieHeader(bare), 'a=b; Path=/x; SameSite=None');
});

test('of a Cookie header the first cookie of a name counts, without quotes, and with what follows an equals sign', () => {
  const read = (header: string) => Object.fromEntries(readCookies(header));
  assert.deepEqual(read('theme=dark;a=1 ; a=2;A=3'), { theme: 'dark', a: '1', A: '3' });
  assert.deepEqual(read('a=; a=2; q=x=y=; s="b"; t="'), { a: '', q: 'x=y=', s: 'b', t: '"' });
  assert.deepEqual(read('flag; =x; ;'), {});
});

test('cookies that were set replace those of the request, and deletions remove them', () => {
  const header = 'theme=dark;  k.0=old;k.1=old ; kk=other';
  assert.equal(applyCookies(header, []), header);
  assert.equal(applyCookies(header, [cookie('k.0', 'new'), cookie('k.1', '', 0)]), 'theme=dark; kk=other; k.0=new');
  assert.equal(applyCookies('', [cookie('k', 'new')]), 'k=new');
  assert.equal(applyCookies('k=1; k=2; K=3', [cookie('k', 'new')]), 'K=3; k=new');
});

test('cookies without a name or a value survive, and a value may hold an equals sign', () => {
  assert.equal(applyCookies('flag; =x; q=a=b; k=old', [cookie('k', 'new')]), 'flag; =x; q=a=b; k=new');
});

test('a response that sets a cookie is private and varies by cookie, and nothing else of it changes', async () => {
  const headers = new Headers({ 'cache-control': 'public, max-age=60', vary: 'Accept', etag: 'x' });
  headers.append('set-cookie', 'a=1');
  headers.append('set-cookie', 'b=2');
  const response = uncacheable(new Response('text', { status: 404, statusText: 'Gone', headers }));
  assert.equal(response.headers.get('cache-control'), 'private, no-store');
  assert.equal(response.headers.get('vary'), 'Accept, Cookie');
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual([response.status, response.headers.get('etag'), await response.text()], [404, 'x', 'text']);
});

test('a stream that must not be compressed is not', () => {
  const response = uncacheable(new Response(null, { headers: { 'cache-control': 'no-cache, No-Transform' } }));
  assert.equal(response.headers.get('cache-control'), 'private, no-store, no-transform');
});

test('Vary is left alone when it names cookies already', () => {
  const varies = (vary: string) => uncacheable(new Response(null, { headers: { vary } })).headers.get('vary');
  for (const vary of ['Cookie', 'accept, cookie', 'cookie,accept', '*']) assert.equal(varies(vary), vary);
  assert.equal(varies('X-Cookie-Law'), 'X-Cookie-Law, Cookie');
});

test('responses whose headers cannot be changed are copied', async () => {
  const redirect = uncacheable(Response.redirect('http://app/login', 303));
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [303, 'http://app/login']);
  assert.equal(redirect.headers.get('cache-control'), 'private, no-store');

  const fetched = uncacheable(await fetch('data:text/plain,hello'));
  assert.deepEqual([fetched.headers.get('vary'), await fetched.text()], ['Cookie', 'hello']);
});

test('answers without a body keep their status', () => {
  for (const status of [204, 205, 304]) {
    const frozen = Object.defineProperty(new Response(null, { status }), 'headers', { value: Response.redirect('http://a/').headers });
    assert.equal(uncacheable(frozen).status, status);
  }
});

test('cookies wait for the response, and after `show` are in the jar; one that takes none leaves them to the response', () => {
  const jar: string[] = [];
  const shown = new LateJarCookies({ set: (name) => jar.push(name) });
  shown.set([cookie('a', 'new')]);
  assert.deepEqual(jar, []);
  shown.show();
  shown.set([cookie('b', 'new')]);
  assert.deepEqual(jar, ['a', 'b']);
  const written = new Headers();
  shown.writeTo(written);
  assert.deepEqual([written.getSetCookie(), written.get('cache-control')], [[], 'private, no-store']);

  const refused = new LateJarCookies({ set: () => assert.fail('too late') });
  refused.set([cookie('a', 'new')]);
  refused.show();
  refused.writeTo(written);
  assert.equal(written.getSetCookie().length, 1);
});
