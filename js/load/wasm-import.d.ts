// On workerd and on the edge runtime, importing a .wasm file gives a compiled module.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}

// workerd's own; bundlers for Workers leave it alone.
declare module 'cloudflare:workers' {
  export const waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}
