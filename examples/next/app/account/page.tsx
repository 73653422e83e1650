import type { Metadata } from 'next';
import { readMe } from '@directus/sdk';
import { directusClient } from 'tokenkeep/directus';
import { auth } from '../../lib/auth';

export const metadata: Metadata = { title: 'Account' };

export default async function AccountPage() {
  const session = await auth();
  session.require({ redirectTo: '/login' });
  const me = await directusClient(session).request(readMe({ fields: ['id', 'email', 'first_name'] }));
  return (
    <>
      <h1>Account</h1>
      <p className="lead">Only for people who are signed in.</p>
      <section className="card">
        <h2>Who Directus says I am</h2>
        <dl>
          <dt>E-mail</dt>
          <dd>{me.email}</dd>
          <dt>First name</dt>
          <dd>{me.first_name ?? '–'}</dd>
          <dt>User</dt>
          <dd className="mono" title={me.id}>
            {me.id}
          </dd>
          <dt>Token</dt>
          <dd>
            <span className={`chip ${session.how}`}>{session.how}</span>
          </dd>
        </dl>
        <p className="hint">
          From <code>/users/me</code>, with the SDK and this request’s token.
        </p>
      </section>
    </>
  );
}
