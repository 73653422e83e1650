//! Requests to a provider and what came of them, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// A request that the driver sends exactly as it is: no cookies and no header of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    /// `POST` or `GET`.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Header names in lower case. Values may hold credentials.
    pub headers: BTreeMap<String, Secret>,
    /// Request body, already encoded.
    #[serde(default)]
    pub body: Option<Secret>,
}

/// What the driver saw of a provider's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// HTTP status code.
    pub status: u16,
    /// The `Date` header, epoch milliseconds (one-second resolution).
    #[serde(default)]
    pub date: Option<UnixMillis>,
    /// The `Retry-After` header (RFC 9110 §10.2.3) as a delay in milliseconds.
    #[serde(default)]
    pub retry_after_ms: Option<Millis>,
    /// Every `Set-Cookie` header, unparsed.
    #[serde(default)]
    pub set_cookie: Vec<Secret>,
    /// The body if it was JSON. Anything else (HTML, nothing, a cut-off answer) is `None`.
    #[serde(default)]
    pub body: Option<Json>,
}

/// How a sent request ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum SendResult {
    /// The provider answered.
    Response(HttpResponse),
    /// No connection was made: the provider has certainly not seen the request.
    NotConnected,
    /// The connection broke or the answer could not be read: the provider may have acted on it.
    Unknown,
}

/// A JSON value. JavaScript parses the text; this is what serde reads it into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text; may be a token.
    Text(Secret),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// An element of a list.
    #[must_use]
    pub fn at(&self, position: usize) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(position),
            _ => None,
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.expose()),
            _ => None,
        }
    }

    /// A number, also when it was written as text (`"3600"`), as real servers do.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.expose().trim().parse().ok(),
            _ => None,
        }
        .filter(|number| number.is_finite())
    }
}
