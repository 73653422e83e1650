import '@auth/sveltekit';

declare module '@auth/sveltekit' {
  interface Session {
    /** An error code of tokenkeep, while there is no token that works. */
    error?: string;
  }
}
