//! What JavaScript lends to the driver. Nothing of it throws: `js/browser/auth.ts` and `storage.ts` see to that.

use js_sys::{JSON, Promise};
use wasm_bindgen::prelude::*;

use super::tasks::settled;
use super::timers::window;
use crate::session::Session;
use crate::wasm::convert::{from_js, to_js};

#[wasm_bindgen]
extern "C" {
    /// The page's side.
    pub type Host;

    /// Always a promise, whatever the application's `fetch` does.
    #[wasm_bindgen(method)]
    pub fn fetch(this: &Host, request: &web_sys::Request) -> Promise;

    /// What happened. Never a token.
    #[wasm_bindgen(method, js_name = onEvent)]
    pub fn on_event(this: &Host, event: &JsValue);

    /// The session as the page may show it, whenever it changes; without a token.
    #[wasm_bindgen(method, js_name = onSession)]
    pub fn on_session(this: &Host, session: &JsValue);

    /// `localStorage`, `sessionStorage`, or a [`CustomStorage`].
    #[wasm_bindgen(method, getter)]
    pub fn storage(this: &Host) -> JsValue;

    /// What the session is stored under.
    #[wasm_bindgen(method, getter, js_name = storageKey)]
    pub fn storage_key(this: &Host) -> String;

    /// The application's own, or the page's memory. Every method gives a promise.
    pub type CustomStorage;

    #[wasm_bindgen(method)]
    fn get(this: &CustomStorage, key: &str) -> Promise;

    #[wasm_bindgen(method)]
    fn set(this: &CustomStorage, key: &str, value: &str) -> Promise;

    #[wasm_bindgen(method)]
    fn remove(this: &CustomStorage, key: &str) -> Promise;
}

/// Where the session is kept, under one key, as JSON text.
pub(super) enum Storage {
    Web(web_sys::Storage, String),
    Custom(CustomStorage, String),
    /// One that the browser refuses: the session lives as long as this instance.
    None,
}

/// The storage did not do what it was asked.
pub(super) struct StorageFailed;

impl Storage {
    pub fn of(host: &Host) -> Self {
        let (chosen, key) = (host.storage(), host.storage_key());
        let found = match chosen.as_string().as_deref() {
            Some("localStorage") => window().local_storage(),
            Some("sessionStorage") => window().session_storage(),
            _ => return Self::Custom(chosen.unchecked_into(), key),
        };
        found.ok().flatten().map_or(Self::None, |storage| Self::Web(storage, key))
    }

    /// The session in it, whatever is in it.
    pub async fn read(&self) -> Option<Session> {
        let text = match self {
            Self::Web(storage, key) => storage.get_item(key).ok()?,
            Self::Custom(storage, key) => settled(storage.get(key)).await.ok()?.as_string(),
            Self::None => None,
        };
        from_js(&JSON::parse(&text?).ok()?).ok()
    }

    /// As JSON text. `None` removes it.
    pub async fn write(&self, session: Option<Session>) -> Result<(), StorageFailed> {
        let text = session.map(text).transpose()?;
        match (self, text) {
            (Self::Web(storage, key), Some(text)) => storage.set_item(key, &text).map_err(failed),
            (Self::Web(storage, key), None) => storage.remove_item(key).map_err(failed),
            (Self::Custom(storage, key), text) => {
                let done = match text {
                    Some(text) => storage.set(key, &text),
                    None => storage.remove(key),
                };
                settled(done).await.map(drop).map_err(failed)
            }
            (Self::None, _) => Err(StorageFailed),
        }
    }
}

fn text(session: Session) -> Result<String, StorageFailed> {
    let value = to_js(session).map_err(failed)?;
    JSON::stringify(&value).map_err(failed)?.as_string().ok_or(StorageFailed)
}

fn failed(_: JsValue) -> StorageFailed {
    StorageFailed
}
