'use server';

import { redirect } from 'next/navigation';
import { isAuthError } from 'tokenkeep';
import { auth } from '../../lib/auth';

/** What the form shows after an attempt. */
export interface LoginState {
  readonly email: string;
  readonly remember: boolean;
  readonly askOtp: boolean;
  readonly message?: string;
}

export async function login(_: LoginState, form: FormData): Promise<LoginState> {
  const field = (name: string) => String(form.get(name) ?? '').trim();
  const email = field('email');
  const otp = field('otp');
  const remember = form.has('remember');
  const password = String(form.get('password') ?? '');
  const state = { email, remember, askOtp: otp !== '' };
  if (!email || !password) return { ...state, message: 'Enter your e-mail address and your password.' };
  try {
    const session = await auth();
    await session.login({ email, password, ...(otp && { otp }) }, { remember });
  } catch (error) {
    return { ...state, ...explain(error, otp) };
  }
  redirect('/account');
}

/** Errors that a person can do something about become a message; all others stay errors. */
function explain(error: unknown, otp: string): Pick<LoginState, 'message'> & { askOtp?: boolean } {
  if (!isAuthError(error)) throw error;
  if (error.code === 'ERR_LOGIN_REJECTED') {
    return { askOtp: false, message: 'That e-mail address and password do not go together.' };
  }
  if (error.code === 'ERR_OTP_REQUIRED') {
    const message = otp ? 'That one-time password is not valid.' : 'Enter your one-time password too.';
    return { askOtp: true, message };
  }
  if (error.retryable) return { message: 'Signing in is not possible right now. Try again in a moment.' };
  throw error;
}
