//! JavaScript values in and out.

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use super::error::misuse;
#[cfg(feature = "server")]
use crate::entropy::Entropy;
use crate::json::{Json, Mapped, Name, from_json, into_json};
use crate::secret::Secret;
#[cfg(feature = "server")]
use crate::time::{Clock, Millis, UnixMillis};

/// Absent is `null` and maps are plain objects, as JSON has it; bytes are a `Uint8Array`.
const SERIALIZER: Serializer = Serializer::json_compatible().serialize_bytes_as_arrays(false);

pub(super) fn to_js(value: impl Mapped) -> Result<JsValue, JsValue> {
    #[cfg(feature = "trap-switch")]
    super::trap_switch::at("leave");
    into_json(value).serialize(&SERIALIZER).map_err(misuse)
}

/// A value of the wrong shape is the driver's mistake, and the message says nothing of it.
///
/// serde_wasm_bindgen's own reader quotes the unexpected value in its error, be it a token; and that it
/// may have to print a float makes the module larger by a fifth.
pub(super) fn from_js<T: Mapped>(value: &JsValue) -> Result<T, JsValue> {
    let json = Reader { left: MAX_SIZE }.read(value, MAX_DEPTH);
    json.and_then(from_json).ok_or(()).map_err(misuse)
}

/// A value that JavaScript parsed from JSON.
#[cfg(feature = "browser")]
pub(super) fn json(value: &JsValue) -> Option<Json> {
    Reader { left: MAX_SIZE }.read(value, MAX_DEPTH)
}

/// Deepest value: an answer of a provider, in its result, has eight levels of its own.
const MAX_DEPTH: u32 = 16;

/// Largest value, in characters and bytes of text, and one for every other value.
const MAX_SIZE: u32 = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// Fails where a getter or a proxy throws.
    #[wasm_bindgen(catch, js_namespace = Object)]
    fn entries(object: &JsValue) -> Result<Array, JsValue>;

    /// `Uint8Array::to_vec` without its assertion. Fails for an array that lies about its length.
    #[wasm_bindgen(catch, js_namespace = Uint8Array, js_name = "prototype.set.call")]
    fn copy(to: &mut [u8], from: &Uint8Array) -> Result<(), JsValue>;
}

/// Reads what JSON can say, and bytes. `None` for anything else, and for what is too deep or too large:
/// a stack or a memory that is exhausted would be a trap.
struct Reader {
    left: u32,
}

impl Reader {
    fn read(&mut self, value: &JsValue, depth: u32) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        self.spend(1)?;
        if value.is_null() || value.is_undefined() {
            Some(Json::Null)
        } else if let Some(text) = value.dyn_ref::<js_sys::JsString>() {
            self.spend(text.length())?;
            text.as_string().map(|text| Json::Text(Secret::new(text)))
        } else if let Some(number) = value.as_f64() {
            Some(Json::Number(number))
        } else if let Some(truth) = value.as_bool() {
            Some(Json::Bool(truth))
        } else if let Some(list) = value.dyn_ref::<Array>() {
            self.spend(list.length())?;
            list.iter().map(|item| self.read(&item, depth)).collect::<Option<_>>().map(Json::List)
        } else if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
            self.spend(bytes.length())?;
            let mut content = vec![0; bytes.length() as usize];
            copy(&mut content, bytes).ok()?;
            Some(Json::Bytes(content))
        } else if value.is_object() {
            let members = entries(value).ok()?;
            self.spend(members.length())?;
            let member = |entry: JsValue| self.member(entry.unchecked_ref(), depth);
            members.iter().map(member).collect::<Option<_>>().map(Json::Object)
        } else {
            None
        }
    }

    fn member(&mut self, entry: &Array, depth: u32) -> Option<(Name, Json)> {
        let Json::Text(name) = self.read(&entry.get(0), depth)? else { return None };
        Some((Name::Owned(name.into_string()), self.read(&entry.get(1), depth)?))
    }

    fn spend(&mut self, size: u32) -> Option<()> {
        self.left = self.left.checked_sub(size)?;
        Some(())
    }
}

/// What every call that may seal something is told: the time, the skew, 32 random bytes.
#[cfg(feature = "server")]
pub(super) fn call(now: f64, skew_ms: f64, seed: &[u8]) -> Result<(Clock, Entropy), JsValue> {
    let seed: [u8; 32] = seed.try_into().map_err(misuse)?;
    Ok((clock(now, skew_ms), Entropy::new(&seed)))
}

#[cfg(feature = "server")]
pub(super) fn clock(now: f64, skew_ms: f64) -> Clock {
    #[cfg(feature = "trap-switch")]
    super::trap_switch::at("enter");
    Clock { now: UnixMillis(now as i64), skew_ms: Millis(skew_ms as i64) }
}
