//! JavaScript values in and out, by serde.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use super::error::misuse;
use crate::entropy::Entropy;
use crate::time::{Clock, Millis, UnixMillis};

/// Absent is `null` and maps are plain objects, as JSON would have it.
const SERIALIZER: Serializer = Serializer::json_compatible();

pub(super) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    #[cfg(feature = "trap-switch")]
    super::trap_switch::at("leave");
    value.serialize(&SERIALIZER).map_err(misuse)
}

/// A value of the wrong shape is the driver's mistake. serde's message could quote a token and is
/// dropped.
pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(misuse)
}

/// What every call that may seal something is told: the time, the skew, 32 random bytes.
pub(super) fn call(now: f64, skew_ms: f64, seed: &[u8]) -> Result<(Clock, Entropy), JsValue> {
    let seed: [u8; 32] = seed.try_into().map_err(misuse)?;
    Ok((clock(now, skew_ms), Entropy::new(&seed)))
}

pub(super) fn clock(now: f64, skew_ms: f64) -> Clock {
    #[cfg(feature = "trap-switch")]
    super::trap_switch::at("enter");
    Clock { now: UnixMillis(now as i64), skew_ms: Millis(skew_ms as i64) }
}
