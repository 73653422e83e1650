/** Credentials on their way to the core. */
import type { Credentials } from './types.ts';

const KNOWN = ['email', 'identifier', 'password', 'otp', 'share', 'provider'] as const;

/** Only what the core knows, as text, and in a copy: the caller's object stays as it is. */
export function credentialTexts(credentials: Credentials): Record<string, string> {
  const given: Partial<Record<(typeof KNOWN)[number], unknown>> = { ...credentials };
  const present = KNOWN.filter((name) => given[name] !== undefined);
  return Object.fromEntries(
    present.map((name) => {
      const text = String(given[name]);
      // The provider becomes a segment of a path.
      return [name, name === 'provider' ? encodeURIComponent(text) : text];
    }),
  );
}
