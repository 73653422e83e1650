//! Traps when a test wants one. Compiled with the feature `trap-switch` only, which no package has.

use core::hint::black_box;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Asked at every point: 0 go on, 1 trap, 2 overflow the stack.
    #[wasm_bindgen(js_namespace = globalThis, js_name = trapSwitch)]
    fn wanted(point: &str) -> u32;
}

/// A point of a call: `enter`, when the arguments are there, or `leave`, when its result is.
pub(super) fn at(point: &str) {
    match wanted(point) {
        1 => core::arch::wasm32::unreachable(),
        2 => drop(overflow(0)),
        _ => {}
    }
}

fn overflow(depth: u64) -> [u64; 256] {
    let frame = black_box([depth; 256]);
    if depth < u64::MAX { black_box(overflow(depth + 1)) } else { frame }
}
