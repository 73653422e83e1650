//! Timers and what wakes a page.

use std::rc::Rc;

use js_sys::{Date, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, AddEventListenerOptions, EventTarget, VisibilityState, Window};

use super::page::Page;
use super::tasks::{settled, spawn};
use crate::policy::Demand;
use crate::time::UnixMillis;

/// Longest delay that `setTimeout` takes; a longer one would fire at once.
const MAX_DELAY_MS: i64 = 0x7fff_ffff;

/// The global object. In a worker it is no `Window`, but has what is used here.
pub(super) fn window() -> Window {
    js_sys::global().unchecked_into()
}

pub(super) fn now() -> UnixMillis {
    UnixMillis(Date::now() as i64)
}

pub(super) async fn sleep(ms: i64) {
    let timer = Promise::new(&mut |resolve, _| {
        // There is always a `setTimeout`; without one this would wait for ever.
        let _ = set_timeout(&resolve, ms);
    });
    let _ = settled(timer).await;
}

fn set_timeout(callback: &js_sys::Function, ms: i64) -> Result<i32, JsValue> {
    let ms = i32::try_from(ms.clamp(0, MAX_DELAY_MS)).unwrap_or(i32::MAX);
    window().set_timeout_with_callback_and_timeout_and_arguments_0(callback, ms)
}

/// The timer that renews ahead of expiry. Dropping it ends it.
pub(super) struct Timer {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Looks after the session in `ms` milliseconds.
    pub fn new(page: &Rc<Page>, ms: i64) -> Option<Self> {
        let page = Rc::downgrade(page);
        let callback = Closure::new(move || page.upgrade().iter().for_each(check));
        let id = set_timeout(callback.as_ref().unchecked_ref(), ms).ok()?;
        Some(Self { id, _callback: callback })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        window().clear_timeout_with_handle(self.id);
    }
}

/// Renews if that is due. Who is concerned hears of a failure when it asks for a token.
fn check(page: &Rc<Page>) {
    if page.is_ahead() {
        let page = page.clone();
        spawn(async move { drop(page.renew(Demand::Usable).await) });
    }
}

/// A timer stands still while the machine sleeps, and is late in a hidden page.
pub(super) fn check_on_wake(page: &Rc<Page>, signal: &AbortSignal) {
    let window = window();
    let document = window.document();
    listen(page, &window, &["online", "pageshow", "focus"], signal);
    if let Some(document) = document {
        listen(page, &document, &["visibilitychange"], signal);
    }
}

fn listen(page: &Rc<Page>, target: &EventTarget, events: &[&str], signal: &AbortSignal) {
    let page = Rc::downgrade(page);
    let callback = Closure::<dyn FnMut()>::new(move || {
        if is_visible() {
            page.upgrade().iter().for_each(check);
        }
    });
    let options = AddEventListenerOptions::new();
    options.set_signal(signal);
    for event in events {
        // A global object without events, on a server, has no sleep either.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            event,
            callback.as_ref().unchecked_ref(),
            &options,
        );
    }
    // As long-lived as the page: JavaScript drops the listeners with the signal.
    callback.forget();
}

fn is_visible() -> bool {
    let document = window().document();
    document.is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}
