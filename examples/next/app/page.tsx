import Link from 'next/link';
import { auth } from '../lib/auth';

export default async function Home() {
  const { session, how } = await auth();
  return (
    <>
      <h1>Directus and Next.js</h1>
      <p className="lead">A Directus user signs in once; the session outlives its access tokens.</p>
      <section className="card">
        <h2>This request</h2>
        {session ? (
          <dl>
            <dt>Signed in</dt>
            <dd>yes</dd>
            <dt>Its token</dt>
            <dd>
              <span className={`chip ${how}`}>{how ?? 'none'}</span>
            </dd>
            <dt>Renewals of this session</dt>
            <dd>{session.generation}</dd>
          </dl>
        ) : (
          <p>
            Nobody is signed in. <Link href="/login">Sign in</Link> to see more.
          </p>
        )}
        <p className="hint">Reload when the token has expired: it is renewed before anything is rendered.</p>
      </section>
    </>
  );
}
