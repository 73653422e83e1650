//! Core errors as JavaScript errors that carry the row of the error table.

use js_sys::{Error as JsError, Object};
use wasm_bindgen::{JsCast, JsValue};

use super::convert::to_js;
use crate::error::{Error, ErrorCode};

/// An `Error` with `code`, `retryable`, `sessionEnded` and what else is known.
pub(super) fn thrown(error: Error) -> JsValue {
    let thrown = JsError::new(&error.message);
    if let Ok(facts) = to_js(error) {
        Object::assign(&thrown, facts.unchecked_ref());
    }
    thrown.into()
}

/// The driver broke the contract. Says nothing of the value at hand: it could hold a token.
pub(super) fn misuse<T>(_: T) -> JsValue {
    thrown(Error::new(
        ErrorCode::ApiMisuse,
        "the core was handed a value or a result it does not expect",
    ))
}
