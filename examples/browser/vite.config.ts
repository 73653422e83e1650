import { defineConfig } from 'vite';

const { DIRECTUS_URL } = process.env;

/** Directus under the page's own origin, so that it need not allow another one. */
const proxy = DIRECTUS_URL
  ? { '/directus': { target: DIRECTUS_URL, changeOrigin: true, rewrite: (path: string) => path.slice('/directus'.length) } }
  : {};

export default defineConfig({ server: { proxy }, preview: { proxy } });
