import assert from 'node:assert/strict';
import { adapterContract } from '../contract/adapter-contract.ts';
import { type Press, signInContract } from '../contract/sign-in-contract.ts';
import { buildNextApp, REFERENCE, startNextApp } from '../support/next-app.ts';

const startApp = async (environment: object) => startNextApp(await buildNextApp(REFERENCE), REFERENCE, { ...environment });

/** Posts the form of a server action, as a browser without scripts does. */
const submitAction: Press = async (browser, app, button) => {
  const page = await (await browser.request(`${app}/auth`)).text();
  const form = page.split('<form').find((part) => part.includes(`<button>${button}</button>`));
  const [, action] = /name="(\$ACTION_ID_[^"]+)"/.exec(form ?? '') ?? assert.fail(`no form for ${button}: ${page}`);
  const body = new FormData();
  body.set(action ?? '', '');
  return browser.request(`${app}/auth`, { method: 'POST', headers: { origin: app }, body });
};

adapterContract('tokenkeep/next, proxy.ts, next start', startApp);
signInContract('tokenkeep/next, server actions and a route handler', startApp, {
  press: submitAction,
  facts: {
    'in a server component, which can write no cookie, signIn throws ERR_HEADERS_SENT': async (world) => {
      assert.match(await world.visitor().read('/auth'), /<p id="here">ERR_HEADERS_SENT<\/p>/);
    },
  },
});
