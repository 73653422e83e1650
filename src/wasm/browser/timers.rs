//! Timers and what wakes a page.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Date, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, AddEventListenerOptions, EventTarget, VisibilityState, Window};

use super::page::Page;
use super::tasks::{settled, spawn};
use crate::policy::Demand;
use crate::time::{Millis, UnixMillis};

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
        let _ = set_timeout(&resolve, delay(ms));
    });
    let _ = settled(timer).await;
}

#[wasm_bindgen]
extern "C" {
    /// What names a timer need not be a number that `web_sys` can hold.
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: i32) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(id: &JsValue);
}

/// `setTimeout` takes no longer delay than this: a longer one would fire at once.
fn delay(ms: i64) -> i32 {
    i32::try_from(ms.max(0)).unwrap_or(i32::MAX)
}

/// The timer that renews ahead of expiry. Dropping it ends it.
pub(super) struct Timer {
    at: UnixMillis,
    /// Whether it has fired, by which the clock need not have reached `at`: browsers make it coarse.
    fired: Rc<Cell<bool>>,
    id: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Looks after the session at an instant, or in a second if that has passed.
    pub fn new(page: &Rc<Page>, at: UnixMillis) -> Option<Self> {
        let page = Rc::downgrade(page);
        let fired = Rc::new(Cell::new(false));
        let firing = fired.clone();
        let callback = Closure::new(move || {
            firing.set(true);
            page.upgrade().iter().for_each(check);
        });
        let ms = (at - now()).max(Millis::from_seconds(1)).0;
        let id = set_timeout(callback.as_ref().unchecked_ref(), delay(ms)).ok()?;
        Some(Self { at, fired, id, _callback: callback })
    }

    /// Whether it is set to this instant and still to come.
    pub fn is_set_to(&self, at: UnixMillis) -> bool {
        self.at == at && !self.fired.get()
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
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
