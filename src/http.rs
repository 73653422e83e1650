//! Requests to a provider and what came of them, as plain data.

use crate::json::{Json, Mapped, Mapping, json_enum, json_struct};
use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// A request that the driver sends exactly as it is: no cookies and no header of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// `POST` or `GET`.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Header fields.
    pub headers: Headers,
    /// Request body, already encoded.
    pub body: Option<Secret>,
}

/// Names in lower case, and values, which may hold credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers(pub Vec<(&'static str, Secret)>);

/// What the driver saw of a provider's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpResponse {
    /// HTTP status code.
    pub status: u16,
    /// The `Date` header, epoch milliseconds (one-second resolution).
    pub date: Option<UnixMillis>,
    /// The `Retry-After` header (RFC 9110 §10.2.3) as a delay in milliseconds.
    pub retry_after_ms: Option<Millis>,
    /// Every `Set-Cookie` header, unparsed.
    pub set_cookie: Vec<Secret>,
    /// The body if it was JSON. Anything else (HTML, nothing, a cut-off answer) is `None`.
    pub body: Option<Json>,
}

/// How a sent request ended.
#[derive(Clone, Debug, PartialEq)]
pub enum SendResult {
    /// The provider answered.
    Response(HttpResponse),
    /// No connection was made: the provider has certainly not seen the request.
    NotConnected,
    /// The connection broke or the answer could not be read: the provider may have acted on it.
    Unknown,
}

json_struct!(HttpRequest { method: "method", url: "url", headers: "headers", body: "body" });

/// An object; only written.
impl Mapped for Headers {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        for (name, value) in &mut self.0 {
            mapping.member(name, value);
        }
    }

    fn blank() -> Self {
        Self(Vec::new())
    }
}

json_struct!(HttpResponse {
    status: "status",
    date: "date",
    retry_after_ms: "retryAfterMs",
    set_cookie: "setCookie",
    body: "body",
});

json_enum!(SendResult, by "kind" {
    "response" = Response { 0: response = "response" },
    "notConnected" = NotConnected {},
    "unknown" = Unknown {},
});
