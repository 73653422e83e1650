//! JavaScript values in and out, by serde.

use js_sys::{Array, Object};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};

use super::error::misuse;
use crate::entropy::Entropy;
use crate::json::{FromJson, Json, Name, ToJson};
use crate::secret::Secret;
use crate::time::{Clock, Millis, UnixMillis};

/// Absent is `null` and maps are plain objects, as JSON has it.
const SERIALIZER: Serializer = Serializer::json_compatible();

pub(super) fn to_js(value: &impl ToJson) -> Result<JsValue, JsValue> {
    value.to_json().serialize(&SERIALIZER).map_err(misuse)
}

/// A value of the wrong shape is the driver's mistake, and the message says nothing of it.
///
/// serde_wasm_bindgen's own reader quotes the unexpected value in its error, be it a token; and that it
/// may have to print a float makes the module larger by a fifth.
pub(super) fn from_js<T: FromJson>(value: JsValue) -> Result<T, JsValue> {
    T::from_json(read(&value)).ok_or(()).map_err(misuse)
}

fn read(value: &JsValue) -> Json {
    if let Some(text) = value.as_string() {
        Json::Text(Secret::new(text))
    } else if let Some(number) = value.as_f64() {
        Json::Number(number)
    } else if let Some(truth) = value.as_bool() {
        Json::Bool(truth)
    } else if let Some(list) = value.dyn_ref::<Array>() {
        Json::List(list.iter().map(|item| read(&item)).collect())
    } else if let Some(object) = value.dyn_ref::<Object>() {
        Json::Object(Object::entries(object).iter().map(|entry| member(&entry)).collect())
    } else {
        Json::Null
    }
}

fn member(entry: &JsValue) -> (Name, Json) {
    let entry: &Array = entry.unchecked_ref();
    (Name::Owned(entry.get(0).as_string().unwrap_or_default()), read(&entry.get(1)))
}

/// What every call that may seal something is told: the time, the skew, 32 random bytes.
pub(super) fn call(now: f64, skew_ms: f64, seed: &[u8]) -> Result<(Clock, Entropy), JsValue> {
    let seed: [u8; 32] = seed.try_into().map_err(misuse)?;
    Ok((clock(now, skew_ms), Entropy::new(&seed)))
}

pub(super) fn clock(now: f64, skew_ms: f64) -> Clock {
    Clock { now: UnixMillis(now as i64), skew_ms: Millis(skew_ms as i64) }
}
