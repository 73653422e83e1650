'use client';

import { useActionState } from 'react';
import { login } from './actions';

export function LoginForm() {
  const [state, action, pending] = useActionState(login, { email: '', remember: true, askOtp: false });
  return (
    <form action={action} className="stack">
      {state.message && (
        <p className="notice bad" role="alert">
          {state.message}
        </p>
      )}
      <label>
        E-mail
        <input name="email" type="email" autoComplete="username" required defaultValue={state.email} />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      {state.askOtp && (
        <label>
          One-time password
          <input name="otp" inputMode="numeric" autoComplete="one-time-code" />
        </label>
      )}
      <label className="check">
        <input name="remember" type="checkbox" defaultChecked={state.remember} />
        Remember me on this device
      </label>
      <button className="primary" disabled={pending}>
        Sign in
      </button>
    </form>
  );
}
