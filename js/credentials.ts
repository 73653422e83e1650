/** What users prove their identity with, as it crosses into the core. */
import type { Credentials } from './types.ts';

/** Only what the core knows, as text, and in a copy: the caller's object stays as it is. */
export function credentialTexts({ ...credentials }: Credentials): Record<string, string> {
  const known = ['email', 'identifier', 'password', 'otp', 'share', 'provider'] as const;
  const given: Partial<Record<(typeof known)[number], unknown>> = credentials;
  return Object.fromEntries(
    known.flatMap((name) => {
      const text = given[name] === undefined ? null : String(given[name]);
      // The provider becomes a segment of a path.
      return text === null ? [] : [[name, name === 'provider' ? encodeURIComponent(text) : text]];
    }),
  );
}
