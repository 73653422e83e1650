//! Requests to the provider.
//!
//! They are built by `gloo_net` and sent by hand: its own `send` panics, and so never settles, when
//! `fetch` rejects with something that is no `Error` of this realm.

use gloo_net::http::{Method, RequestBuilder};
use js_sys::{Date, JSON, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Request, RequestCache, RequestCredentials, RequestRedirect, Response, ResponseType};

use super::host::Host;
use super::tasks::settled;
use crate::http::{HttpRequest, HttpResponse, SendResult};
use crate::time::{Millis, UnixMillis};
use crate::wasm::convert::json;

/// Sends a request and reads the whole answer. Never aborts: the provider may already have acted.
pub(super) async fn send(host: &Host, request: HttpRequest) -> SendResult {
    let Some(request) = built(request) else { return SendResult::NotConnected };
    match exchanged(host, &request).await {
        Ok(response) => SendResult::Response(response),
        // A page is not told whether a connection was made.
        Err(_) => SendResult::Unknown,
    }
}

/// Without cookies: an expired one would poison the request.
fn built(request: HttpRequest) -> Option<Request> {
    let method = if request.method == "GET" { Method::GET } else { Method::POST };
    let mut builder = RequestBuilder::new(&request.url)
        .method(method)
        .credentials(RequestCredentials::Omit)
        .redirect(RequestRedirect::Manual)
        .cache(RequestCache::NoStore);
    for (name, value) in request.headers.0 {
        builder = builder.header(name, value.expose());
    }
    match request.body {
        Some(body) => builder.body(body.expose()),
        None => builder.build(),
    }
    .ok()
    .map(Into::into)
}

/// What `fetch` gives need not be a `Response` of this realm, or one at all: every access may fail.
async fn exchanged(host: &Host, request: &Request) -> Result<HttpResponse, JsValue> {
    let response = settled(host.fetch(request)).await?;
    if !response.is_object() {
        return Err(JsValue::NULL);
    }
    let response: Response = response.unchecked_into();
    let headers = response.headers();
    let date = headers.get("date")?.map(|text| Date::parse(&text)).filter(|at| at.is_finite());
    let retry_after = headers.get("retry-after")?;
    let text = settled(Promise::resolve(&response.text()?)).await?;
    let now = date.unwrap_or_else(Date::now);
    Ok(HttpResponse {
        status: status(&response),
        date: date.map(|at| UnixMillis(at as i64)),
        retry_after_ms: retry_after.and_then(|text| delay(&text, now)),
        set_cookie: Vec::new(),
        body: text.as_string().and_then(|text| JSON::parse(&text).ok()).and_then(|it| json(&it)),
    })
}

/// A redirect shows nothing of itself to a page, not even its status.
fn status(response: &Response) -> u16 {
    if response.type_() == ResponseType::Opaqueredirect { 302 } else { response.status() }
}

/// `Retry-After` is seconds or a date (RFC 9110 §10.2.3). What is longer than a day is a mistake.
fn delay(header: &str, now: f64) -> Option<Millis> {
    let seconds = js_sys::Number::from(JsValue::from_str(header.trim_ascii())).value_of();
    let ms = if seconds.is_finite() && !header.trim_ascii().is_empty() {
        seconds * 1000.0
    } else {
        Date::parse(header) - now
    };
    ms.is_finite().then(|| Millis(ms.clamp(0.0, 86_400_000.0) as i64))
}
