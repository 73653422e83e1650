import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter(),
      compilerOptions: { experimental: { async: true } },
      experimental: { remoteFunctions: true },
      // Forms over plain http answer 403 without it. Behind TLS it can stay unset.
      paths: process.env['ORIGIN'] ? { origin: process.env['ORIGIN'] } : {},
    }),
  ],
});
