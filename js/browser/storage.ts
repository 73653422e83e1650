/** Storages as the driver takes them: every method gives a promise. */
import type { HostStorage } from './glue.js';
import type { BrowserStorage } from './options.ts';

/** An application's own storage, which may be synchronous and may throw. */
export function hostStorage(storage: BrowserStorage): HostStorage {
  return {
    get: async (key) => storage.get(key),
    set: async (key, value) => storage.set(key, value),
    remove: async (key) => storage.remove(key),
  };
}

/** The page's memory. On this side, so that the session outlives an instance that trapped. */
export function memoryStorage(): HostStorage {
  const texts = new Map<string, string>();
  return hostStorage({
    get: (key) => texts.get(key),
    set: (key, value) => texts.set(key, value),
    remove: (key) => texts.delete(key),
  });
}
