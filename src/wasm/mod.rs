//! The boundary. Everything that names `wasm_bindgen`, `js_sys`, `web_sys`, `gloo_net` or
//! `serde_wasm_bindgen` is in this folder. Exports decide nothing; those for servers are synchronous
//! and take `&self` or values.

#[cfg(feature = "browser")]
mod browser;
mod convert;
mod error;
#[cfg(feature = "server")]
mod hot;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "trap-switch")]
mod trap_switch;

/// A quarter of the size of the standard library's allocator.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
