//! JSON values: what crosses to JavaScript, what a provider's answer is read into, and how the core's
//! types are written as them.
//!
//! Everything that crosses does so as [`Json`], the one type that serde converts; [`json_struct!`] and
//! [`json_enum!`] map the others by name. Deriving serde for each of them instead made the WebAssembly
//! five times larger.

use core::fmt;
use std::borrow::Cow;
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal;
use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// The name of an object's member.
pub type Name = Cow<'static, str>;

/// A JSON value. JavaScript parses the text; this is what serde reads it into.
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

    /// Takes a member out of an object; `null` if there is none.
    #[must_use]
    pub fn take(&mut self, name: &str) -> Self {
        match self {
            Self::Object(members) => members
                .iter_mut()
                .find(|(known, _)| known == name)
                .map_or(Self::Null, |(_, value)| core::mem::take(value)),
            _ => Self::Null,
        }
    }

    fn from_text(text: &str) -> Self {
        Self::Text(Secret::new(text))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value.expose()),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name.as_ref(), value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles")]
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles")]
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from_text(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(Secret::new(value)))
    }

    /// JavaScript has typed arrays, JSON has not.
    fn visit_bytes<E>(self, _: &[u8]) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some((Json::Text(name), value)) = members.next_entry::<Json, Json>()? {
            object.push((Cow::Owned(name.expose().into()), value));
        }
        Ok(Json::Object(object))
    }
}

/// Written as JSON.
pub trait ToJson {
    /// The value.
    fn to_json(&self) -> Json;
}

/// Read from JSON. `None`: the value has another shape.
pub trait FromJson: Sized {
    /// The value.
    fn from_json(json: Json) -> Option<Self>;
}

impl ToJson for bool {
    fn to_json(&self) -> Json {
        Json::Bool(*self)
    }
}

impl FromJson for bool {
    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Bool(value) => Some(value),
            _ => None,
        }
    }
}

/// Numbers of a fixed width, exact or refused.
macro_rules! json_number {
    ($($type:ty),*) => {$(
        impl ToJson for $type {
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
            fn to_json(&self) -> Json {
                Json::Number(*self as f64)
            }
        }

        impl FromJson for $type {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::float_cmp)]
            fn from_json(json: Json) -> Option<Self> {
                match json {
                    Json::Number(value) if (value as $type) as f64 == value => Some(value as $type),
                    _ => None,
                }
            }
        }
    )*};
}

json_number!(u8, u16, u32, i64, f64);

impl ToJson for UnixMillis {
    fn to_json(&self) -> Json {
        self.0.to_json()
    }
}

impl FromJson for UnixMillis {
    fn from_json(json: Json) -> Option<Self> {
        i64::from_json(json).map(Self)
    }
}

impl ToJson for Millis {
    fn to_json(&self) -> Json {
        self.0.to_json()
    }
}

impl FromJson for Millis {
    fn from_json(json: Json) -> Option<Self> {
        i64::from_json(json).map(Self)
    }
}

impl ToJson for Secret {
    fn to_json(&self) -> Json {
        Json::Text(self.clone())
    }
}

impl FromJson for Secret {
    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl ToJson for String {
    fn to_json(&self) -> Json {
        Json::from_text(self)
    }
}

impl FromJson for String {
    fn from_json(json: Json) -> Option<Self> {
        json.text().map(Into::into)
    }
}

impl ToJson for Json {
    fn to_json(&self) -> Json {
        self.clone()
    }
}

impl FromJson for Json {
    fn from_json(json: Json) -> Option<Self> {
        Some(json)
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, ToJson::to_json)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::Null => Some(None),
            json => T::from_json(json).map(Some),
        }
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Json {
        Json::List(self.iter().map(ToJson::to_json).collect())
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: Json) -> Option<Self> {
        match json {
            Json::List(items) => items.into_iter().map(T::from_json).collect(),
            _ => None,
        }
    }
}

impl<const N: usize> ToJson for [u8; N] {
    fn to_json(&self) -> Json {
        Json::List(self.iter().map(ToJson::to_json).collect())
    }
}

impl<const N: usize> FromJson for [u8; N] {
    fn from_json(json: Json) -> Option<Self> {
        Vec::from_json(json)?.try_into().ok()
    }
}

impl<T: ToJson> ToJson for Box<T> {
    fn to_json(&self) -> Json {
        (**self).to_json()
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(json: Json) -> Option<Self> {
        T::from_json(json).map(Self::new)
    }
}

impl<T: ToJson> ToJson for (u32, T) {
    fn to_json(&self) -> Json {
        Json::List([self.0.to_json(), self.1.to_json()].into())
    }
}

impl<T: FromJson> FromJson for (u32, T) {
    fn from_json(json: Json) -> Option<Self> {
        let [id, value] = <[Json; 2]>::try_from(Vec::from_json(json)?).ok()?;
        Some((u32::from_json(id)?, T::from_json(value)?))
    }
}

/// Maps a struct to an object: `json_struct!(Lease { flight: "flight", taken_over: "takenOver" })`.
/// With `=>` before the braces only one way: `to` or `from`.
macro_rules! json_struct {
    ($type:ty { $($field:ident: $name:literal),* $(,)? }) => {
        $crate::json::json_struct!($type => to { $($field: $name),* });
        $crate::json::json_struct!($type => from { $($field: $name),* });
    };
    ($type:ty => to { $($field:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn to_json(&self) -> $crate::json::Json {
                $crate::json::Json::Object(std::vec![
                    $(($name.into(), $crate::json::ToJson::to_json(&self.$field))),*
                ])
            }
        }
    };
    ($type:ty => from { $($field:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::FromJson for $type {
            fn from_json(mut json: $crate::json::Json) -> Option<Self> {
                Some(Self { $($field: $crate::json::FromJson::from_json(json.take($name))?),* })
            }
        }
    };
}

/// Maps an enum to an object whose first member tells the variant:
/// `json_enum!(Effect, by "kind" { "sleep" = Sleep { ms: ms = "ms" }, "stop" = Stop {} })`, where the
/// second `ms` is a binding. The field of a tuple variant is called `0`. `=>` as above.
macro_rules! json_enum {
    ($type:ty, by $tag:literal { $($body:tt)* }) => {
        $crate::json::json_enum!($type => to, by $tag { $($body)* });
        $crate::json::json_enum!($type => from, by $tag { $($body)* });
    };
    ($type:ty => to, by $tag:literal {
        $($value:literal = $variant:ident { $($field:tt: $bind:ident = $name:literal),* }),* $(,)?
    }) => {
        impl $crate::json::ToJson for $type {
            fn to_json(&self) -> $crate::json::Json {
                match self {$(
                    Self::$variant { $($field: $bind),* } => {
                        $crate::json::Json::Object(std::vec![
                            ($tag.into(), $crate::json::text($value)),
                            $(($name.into(), $crate::json::ToJson::to_json($bind))),*
                        ])
                    }
                )*}
            }
        }
    };
    ($type:ty => from, by $tag:literal {
        $($value:literal = $variant:ident { $($field:tt: $bind:ident = $name:literal),* }),* $(,)?
    }) => {
        impl $crate::json::FromJson for $type {
            #[allow(unused_mut)]
            fn from_json(mut json: $crate::json::Json) -> Option<Self> {
                match json.take($tag).text()? {
                    $($value => Some(Self::$variant {
                        $($field: $crate::json::FromJson::from_json(json.take($name))?),*
                    }),)*
                    _ => None,
                }
            }
        }
    };
}

/// Maps an enum without fields to text: `json_names!(How { Fresh = "fresh" })`.
macro_rules! json_names {
    ($type:ty { $($variant:ident = $value:literal),* $(,)? }) => {
        impl $crate::json::ToJson for $type {
            fn to_json(&self) -> $crate::json::Json {
                $crate::json::text(match self { $(Self::$variant => $value),* })
            }
        }

        impl $crate::json::FromJson for $type {
            fn from_json(json: $crate::json::Json) -> Option<Self> {
                match json.text()? {
                    $($value => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {json_enum, json_names, json_struct};

pub(crate) fn text(value: &str) -> Json {
    Json::from_text(value)
}
