import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import Link from 'next/link';
import { auth } from '../lib/auth';
import { logout } from './account/actions';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'tokenkeep example', template: '%s · tokenkeep example' },
  icons: 'data:,',
};

export default async function Layout({ children }: { children: ReactNode }) {
  const { session } = await auth();
  return (
    <html lang="en">
      <body>
        <header>
          <div className="bar">
            <Link className="brand" href="/">
              tokenkeep <span>Next.js example</span>
            </Link>
            <nav aria-label="Main">
              <Link href="/account">Account</Link>
              {session ? (
                <form action={logout}>
                  <button className="quiet">Sign out</button>
                </form>
              ) : (
                <Link href="/login">Sign in</Link>
              )}
            </nav>
          </div>
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}
