'use server';

import { redirect } from 'next/navigation';
import { auth } from '../../lib/auth';

export async function logout(): Promise<void> {
  const session = await auth();
  await session.logout();
  redirect('/login');
}
