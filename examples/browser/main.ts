import { isAuthError, tokenkeep } from 'tokenkeep/browser';
import { directus } from 'tokenkeep/directus';

const url: string = import.meta.env.VITE_DIRECTUS_URL ?? new URL('/directus', location.href).href;

const auth = tokenkeep({
  provider: directus({ url }),
  storage: 'sessionStorage',
  onEvent: (event) => log(event.type),
});

const at = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

at<HTMLFormElement>('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = new FormData(event.currentTarget as HTMLFormElement);
  at('message').hidden = true;
  try {
    await auth.login({ email: String(form.get('email')), password: String(form.get('password')) });
    log('signed in');
  } catch (error) {
    const rejected = isAuthError(error) && error.code === 'ERR_LOGIN_REJECTED';
    at('message').textContent = rejected ? 'Wrong e-mail or password.' : 'Not possible right now.';
    at('message').hidden = false;
  }
});

at('one').addEventListener('click', async () => log(`I am ${await whoAmI()}`));

at('many').addEventListener('click', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, whoAmI));
  log(`${answers.length} answers, all for ${[...new Set(answers)].join()}`);
});

at('sign-out').addEventListener('click', () => auth.logout());

async function whoAmI(): Promise<string> {
  const response = await auth.fetch(`${url}/users/me?fields=email`);
  return response.ok ? (await response.json()).data.email : `nobody (${response.status})`;
}

function log(line: string): void {
  at('log').prepend(Object.assign(document.createElement('li'), { textContent: line }));
}

function show(): void {
  const { session } = auth;
  at('signed-out').hidden = session !== null;
  at('signed-in').hidden = at('sign-out').hidden = session === null;
  const seconds = ((session?.expiresAt ?? Date.now()) - Date.now()) / 1000;
  at('expiry').textContent = `${Math.max(0, seconds).toFixed(0)} s`;
  at('generation').textContent = String(session?.generation ?? 0);
}

auth.subscribe(show);
setInterval(show, 1000);
void auth.getSession().then(show);
