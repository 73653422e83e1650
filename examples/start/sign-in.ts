/** The ways to sign in, as a browser without JavaScript goes them. Each resolves with what the app calls the user. */
import { UserError } from '../../tools/process.mjs';
import { Browser } from './browser.ts';
import type { Directus } from './directus.ts';
import { USER } from './oidc.ts';

const MOST_HOPS = 12;

/** With the app's own login form, the fields included that a framework hides in it. */
export async function signInByForm(browser: Browser, { email, password }: Directus): Promise<string> {
  const page = await (await browser.send('/login')).text();
  const form = new FormData();
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g)) {
    form.set(name, value.replaceAll('&quot;', '"'));
  }
  for (const [name, value] of Object.entries({ email, password, remember: 'on' })) form.set(name, value);
  const [, action = ''] = /<form method="post" action="([^"]+)"/i.exec(page) ?? [];
  const response = await browser.send(new URL(action, `${browser.origin}/login`).href, { method: 'POST', body: form });
  if (response.status !== 303) throw new UserError(`signing in was answered with status ${response.status}`);
  browser.keepCookies(response);
  return email;
}

/** From the app's button to the provider, through its form if it shows one, and back. */
export async function signInAtProvider(browser: Browser, button: string, form = new URLSearchParams()): Promise<string> {
  let response = await browser.send(button, { method: 'POST', body: form });
  browser.keepCookies(response);
  let at = located(response);
  const provider = new Browser(at.origin);
  for (let hops = 0; at.origin === provider.origin; hops++) {
    if (hops === MOST_HOPS) throw new UserError('the sign-in goes round in circles');
    response = await provider.send(at.href);
    provider.keepCookies(response);
    const asksForName = response.status === 200;
    if (asksForName) response = await provider.send(at.href, { method: 'POST', body: new URLSearchParams({ user: USER }) });
    provider.keepCookies(response);
    at = located(response);
  }
  response = await browser.send(at.href);
  located(response);
  browser.keepCookies(response);
  return USER;
}

/** Where a response leads. */
function located(response: Response): URL {
  const location = response.headers.get('location');
  if (!location) throw new UserError(`the sign-in stopped with status ${response.status}`);
  return new URL(location, response.url);
}
