//! The driver for pages, the third for the same state machine: it performs the effects of a flight with
//! the page's own `fetch`, timers and storage, and keeps the one session that a page has.
//!
//! A trap leaves this instance unusable and its promises unsettled. JavaScript guards every way into the
//! module (`js/browser/guard.ts`), rejects what is outstanding and begins anew from the storage.

mod flight;
mod host;
mod http;
mod page;
mod records;
mod tasks;
mod timers;

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

use super::convert::{from_js, to_js};
use super::error::thrown;
use crate::error::Error;
use crate::json::Json;
use crate::policy::Demand;
use crate::session::Session;
use crate::step::SessionView;
use host::Host;
use page::Page;
use tasks::promise;

/// One page's session.
#[wasm_bindgen]
pub struct BrowserSession {
    page: Rc<Page>,
}

#[wasm_bindgen]
impl BrowserSession {
    /// Reads the storage and renews ahead of expiry until `signal` fires. Throws `ERR_CONFIG`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: JsValue, host: Host, signal: &AbortSignal) -> Result<Self, JsValue> {
        let page = Page::new(from_js(&config)?, host).map_err(thrown)?;
        timers::check_on_wake(&page, signal);
        Ok(Self { page })
    }

    /// Resolves when the storage was read.
    pub fn ready(&self) -> Promise {
        let page = self.page.clone();
        promise(async move {
            page.ready().await;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Takes over a session, in the form that a storage holds, from elsewhere.
    pub fn adopt(&self, session: &JsValue) -> Result<Promise, JsValue> {
        let session: Session = from_js(session)?;
        let page = self.page.clone();
        Ok(promise(async move {
            page.ready().await;
            page.take_over(session);
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// `Credentials` → the new session's view.
    pub fn login(&self, credentials: &JsValue) -> Result<Promise, JsValue> {
        let credentials = from_js(credentials)?;
        let page = self.page.clone();
        Ok(promise(async move { viewed(page.login(credentials).await) }))
    }

    /// `Demand` → the session's view, with a token that meets it.
    pub fn renew(&self, demand: &JsValue) -> Result<Promise, JsValue> {
        let demand: Demand = from_js(demand)?;
        let page = self.page.clone();
        Ok(promise(async move { viewed(page.renew(demand).await) }))
    }

    /// Forgets the session at once, and resolves when the provider has confirmed, or after `maxWait`.
    pub fn logout(&self) -> Promise {
        let page = self.page.clone();
        promise(async move {
            page.logout().await;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Whether a token is renewed before it is asked for. Begins with `true`.
    #[wasm_bindgen(js_name = setAhead)]
    pub fn set_ahead(&self, ahead: bool) {
        self.page.set_ahead(ahead);
    }

    /// Whether a data call's answer says that the access token is no longer accepted.
    #[wasm_bindgen(js_name = rejectsAccessToken)]
    pub fn rejects_access_token(&self, status: u16, body: &JsValue) -> Result<bool, JsValue> {
        let body: Option<Json> = from_js(body)?;
        Ok(self.page.manager.rejects_access_token(status, None, body.as_ref()))
    }
}

fn viewed(result: Result<SessionView, Error>) -> Result<JsValue, JsValue> {
    result.map_err(thrown).and_then(to_js)
}
