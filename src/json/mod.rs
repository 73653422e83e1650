//! JSON values: what crosses to JavaScript, and what a provider's answer is read into.
//!
//! Everything that crosses does so as [`Json`], the one type that serde converts. The other types are
//! [`Mapped`] to it: each lists its members once, and the list serves to read and to write it. Serde
//! derived for each of them made the WebAssembly five times larger.

mod bytes;
mod mapping;
mod serde;

pub use mapping::{Mapped, Mapping, from_json, into_json};
pub(crate) use mapping::{json_enum, json_names, json_struct};

use std::borrow::Cow;
use std::vec::Vec;

use crate::decimal;
use crate::secret::Secret;

/// The name of an object's member.
pub type Name = Cow<'static, str>;

/// A JSON value. JavaScript parses the text; this is what it is read into.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`; also what is absent.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text; may be a token.
    Text(Secret),
    /// A list.
    List(Vec<Json>),
    /// An object. The first member of a name counts.
    Object(Vec<(Name, Json)>),
    /// A typed array of bytes, which JSON has not: what only the core reads.
    Bytes(Vec<u8>),
}

impl Json {
    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
            }
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
            Self::Number(number) if number.is_finite() => Some(*number),
            Self::Text(text) => decimal::parse(text.expose().trim_ascii()),
            _ => None,
        }
    }
}
