/** `core_bg.wasm` as base64; written by the build. */
export const base64: string;
