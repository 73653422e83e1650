/** What the web's types are called here, also for applications that compile without them. */

/** `fetch` as this runtime has it, or a minimal shape where the types of the web are not loaded. */
export type Fetch = typeof globalThis extends { fetch: infer F }
  ? F
  : (input: string, init?: object) => Promise<{ readonly status: number; text(): Promise<string> }>;

/** `AbortSignal`, likewise. */
export type WebAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : { readonly aborted: boolean; readonly reason: unknown };

/** `Request`, likewise. */
export type WebRequest = typeof globalThis extends { Request: { prototype: infer R } }
  ? R
  : { readonly url: string; readonly method: string };

/** `Response`, likewise. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer R } }
  ? R
  : { readonly status: number; text(): Promise<string> };
