import { fail, redirect } from '@sveltejs/kit';
import { isAuthError } from 'tokenkeep';
import type { Actions, PageServerLoad } from './$types';

export const load: PageServerLoad = ({ locals }) => {
  if (locals.auth.session) redirect(303, '/');
};

export const actions: Actions = {
  default: async ({ request, locals }) => {
    const form = await request.formData();
    const field = (name: string) => String(form.get(name) ?? '').trim();
    const email = field('email');
    const otp = field('otp');
    const remember = form.has('remember');
    const password = String(form.get('password') ?? '');
    const missing = {
      ...(!email && { email: 'Enter your e-mail address.' }),
      ...(!password && { password: 'Enter your password.' }),
    };
    if (!email || !password) return fail(400, { email, remember, askOtp: otp !== '', missing });
    try {
      await locals.auth.login({ email, password, ...(otp && { otp }) }, { remember });
    } catch (error) {
      const { status, message, askOtp } = explain(error, otp);
      return fail(status, { email, remember, askOtp, message });
    }
    redirect(303, '/');
  },
};

/** Errors that a person can do something about become a message; all others stay errors. */
function explain(error: unknown, otp: string) {
  const code = isAuthError(error) ? error.code : null;
  if (code === 'ERR_LOGIN_REJECTED') {
    return { status: 400, askOtp: false, message: 'That e-mail address and password do not go together.' };
  }
  if (code === 'ERR_OTP_REQUIRED') {
    const message = otp ? 'That one-time password is not valid.' : 'Enter your one-time password too.';
    return { status: 400, askOtp: true, message };
  }
  if (isAuthError(error) && error.retryable) {
    return { status: 503, askOtp: otp !== '', message: 'Signing in is not possible right now. Try again in a moment.' };
  }
  throw error;
}
