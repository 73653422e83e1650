import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { auth } from '../../lib/auth';
import { LoginForm } from './login-form';

export const metadata: Metadata = { title: 'Sign in' };

export default async function LoginPage() {
  const { session } = await auth();
  if (session) redirect('/account');
  return (
    <section className="card narrow">
      <h1>Sign in</h1>
      <LoginForm />
    </section>
  );
}
