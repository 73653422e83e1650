//! Futures and promises. Each future is boxed here: the code that runs one is there once, and not once for
//! each kind.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

/// Runs it in the background.
pub(super) fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    spawn_local(future);
}

/// Runs it, and settles the promise with what it gives.
pub(super) fn promise(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let future: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(future);
    future_to_promise(future)
}

/// What the promise was fulfilled or rejected with.
pub(super) async fn settled(promise: Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(promise).await
}

/// One value, given once.
pub(super) struct Once<T> {
    value: Cell<Option<T>>,
    waiting: RefCell<Option<Waker>>,
}

impl<T> Once<T> {
    pub fn new() -> Self {
        Self { value: Cell::new(None), waiting: RefCell::new(None) }
    }

    pub fn give(&self, value: T) {
        self.value.set(Some(value));
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// For one taker.
    pub async fn taken(&self) -> T {
        poll_fn(|context| match self.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                self.waiting.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}
