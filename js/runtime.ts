/** Where this code runs. */

/** Whether requests are served by isolates that come and go, and share no memory: Workers, edge functions. */
export function isIsolate(): boolean {
  const { navigator, EdgeRuntime } = globalThis as {
    navigator?: { readonly userAgent?: string };
    EdgeRuntime?: unknown;
  };
  return EdgeRuntime !== undefined || navigator?.userAgent === 'Cloudflare-Workers';
}

/** Whether the runtime is Bun. */
export function isBun(): boolean {
  return 'Bun' in globalThis;
}

/** Whether cookies are `Secure` unless options say otherwise. Who sets no NODE_ENV gets what production needs. */
export function isProduction(): boolean {
  return globalThis.process?.env?.NODE_ENV !== 'development';
}
