//! Types as JSON, both ways from one list of members.
//!
//! Members are visited as `&mut dyn Mapped`, so that the code that finds, moves and checks them exists
//! once and not once for each type. Values are moved, never cloned: reading takes the JSON apart, and
//! writing takes the value apart, so that no copies of tokens are left behind.

use std::string::String;
use std::vec::Vec;

use super::Json;
use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// A type that has a form in JSON.
pub trait Mapped {
    /// Visits the parts of the value, to fill them or to move them out.
    fn map(&mut self, mapping: &mut Mapping<'_>);

    /// What reading fills in.
    #[must_use]
    fn blank() -> Self
    where
        Self: Sized;
}

/// The value that this is the JSON of. `None`: it has another shape.
#[must_use]
pub fn from_json<T: Mapped>(mut json: Json) -> Option<T> {
    let mut value = T::blank();
    let mut mapping = Mapping { json: &mut json, reads: true, failed: false };
    value.map(&mut mapping);
    (!mapping.failed).then_some(value)
}

/// The JSON of a value.
#[must_use]
pub fn into_json(mut value: impl Mapped) -> Json {
    let mut json = Json::Null;
    value.map(&mut Mapping { json: &mut json, reads: false, failed: false });
    json
}

/// One value on its way from or to its JSON.
pub struct Mapping<'a> {
    json: &'a mut Json,
    reads: bool,
    failed: bool,
}

impl Mapping<'_> {
    /// Whether the value is filled from its JSON, or the other way round.
    #[must_use]
    pub const fn reads(&self) -> bool {
        self.reads
    }

    /// The JSON has another shape.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// A member of an object.
    pub fn member(&mut self, name: &'static str, value: &mut dyn Mapped) {
        let mut json = if self.reads { self.take(name) } else { Json::Null };
        self.inner(&mut json, value);
        if !self.reads {
            self.put(name, json);
        }
    }

    /// A member that keeps its value when the object has none.
    pub fn optional(&mut self, name: &'static str, value: &mut dyn Mapped) {
        if !self.reads || !matches!(self.json.get(name), None | Some(Json::Null)) {
            self.member(name, value);
        }
    }

    /// The members that `visit` visits, as bytes instead of an object.
    pub fn packed(&mut self, visit: impl FnOnce(&mut Mapping<'_>)) {
        let mut json = match self.json {
            Json::Bytes(bytes) if self.reads => Json::from_bytes(bytes).unwrap_or_default(),
            _ => Json::Null,
        };
        let mut inner = Mapping { json: &mut json, reads: self.reads, failed: false };
        visit(&mut inner);
        self.failed |= inner.failed;
        if !self.reads {
            *self.json = Json::Bytes(json.to_bytes());
        }
    }

    /// Writes a value without parts. When reading: what is there is none of this kind.
    fn leaf(&mut self, json: Json) {
        if self.reads {
            self.failed = true;
        } else {
            *self.json = json;
        }
    }

    /// A member that may have another shape. `false` if it has: the value is then to be thrown away.
    pub fn attempt(&mut self, name: &'static str, value: &mut dyn Mapped) -> bool {
        let before = core::mem::take(&mut self.failed);
        self.member(name, value);
        !core::mem::replace(&mut self.failed, before)
    }

    fn inner(&mut self, json: &mut Json, value: &mut dyn Mapped) {
        let mut inner = Mapping { json, reads: self.reads, failed: false };
        value.map(&mut inner);
        self.failed |= inner.failed;
    }

    fn take(&mut self, name: &str) -> Json {
        let Json::Object(members) = &mut *self.json else {
            self.fail();
            return Json::Null;
        };
        let member = members.iter_mut().find(|(known, _)| known == name);
        member.map_or(Json::Null, |(_, value)| core::mem::take(value))
    }

    fn put(&mut self, name: &'static str, json: Json) {
        if !matches!(self.json, Json::Object(_)) {
            *self.json = Json::Object(Vec::new());
        }
        if let Json::Object(members) = self.json {
            members.push((name.into(), json));
        }
    }

    /// Begins a list. Gives the number of its items: when reading, those of the JSON.
    pub fn list(&mut self, length: usize) -> usize {
        match self.json {
            Json::List(items) if self.reads => items.len(),
            _ => {
                self.failed |= self.reads;
                *self.json = Json::List(Vec::new());
                length
            }
        }
    }

    /// An item of the list; one after the other.
    pub fn item(&mut self, position: usize, value: &mut dyn Mapped) {
        let mut json = match &mut *self.json {
            Json::List(items) => items.get_mut(position).map(core::mem::take).unwrap_or_default(),
            _ => Json::Null,
        };
        self.inner(&mut json, value);
        if let Json::List(items) = self.json
            && !self.reads
        {
            items.push(json);
        }
    }

    /// Which of these names: as a member called `tag`, or as the whole value. Gives `current` back
    /// when writing, and when there is no such name.
    pub fn name(
        &mut self,
        tag: Option<&'static str>,
        names: &[&'static str],
        current: usize,
    ) -> usize {
        let mut name = Secret::new(names.get(current).copied().unwrap_or_default());
        match tag {
            Some(tag) => self.member(tag, &mut name),
            None => name.map(self),
        }
        let found = names.iter().position(|known| *known == name.expose());
        self.failed |= self.reads && found.is_none();
        found.unwrap_or(current)
    }
}

impl Mapped for bool {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        match mapping.json {
            Json::Bool(value) if mapping.reads => *self = *value,
            _ => mapping.leaf(Json::Bool(*self)),
        }
    }

    fn blank() -> Self {
        false
    }
}

impl Mapped for f64 {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        match mapping.json {
            Json::Number(value) if mapping.reads => *self = *value,
            _ => mapping.leaf(Json::Number(*self)),
        }
    }

    fn blank() -> Self {
        0.0
    }
}

/// Integers, exact or refused.
macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Mapped for $type {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::float_cmp)]
            fn map(&mut self, mapping: &mut Mapping<'_>) {
                let mut number = *self as f64;
                number.map(mapping);
                *self = number as $type;
                mapping.failed |= *self as f64 != number;
            }

            fn blank() -> Self {
                0
            }
        }
    )*};
}

integer!(u8, u16, u32, i64);

impl Mapped for UnixMillis {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        self.0.map(mapping);
    }

    fn blank() -> Self {
        Self(0)
    }
}

impl Mapped for Millis {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        self.0.map(mapping);
    }

    fn blank() -> Self {
        Self(0)
    }
}

impl Mapped for Secret {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        match mapping.json {
            Json::Text(text) if mapping.reads => core::mem::swap(self, text),
            _ => mapping.leaf(Json::Text(core::mem::take(self))),
        }
    }

    fn blank() -> Self {
        Self::default()
    }
}

impl Mapped for String {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        let mut text = Secret::new(core::mem::take(self));
        text.map(mapping);
        *self = text.into_string();
    }

    fn blank() -> Self {
        Self::new()
    }
}

impl Mapped for Json {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        core::mem::swap(self, mapping.json);
    }

    fn blank() -> Self {
        Self::Null
    }
}

impl<T: Mapped> Mapped for Option<T> {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        if mapping.reads {
            *self = if *mapping.json == Json::Null { None } else { Some(T::blank()) };
        }
        if let Some(value) = self {
            value.map(mapping);
        }
    }

    fn blank() -> Self {
        None
    }
}

impl<T: Mapped> Mapped for Vec<T> {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        for position in 0..mapping.list(self.len()) {
            if mapping.reads {
                self.push(T::blank());
            }
            if let Some(item) = self.get_mut(position) {
                mapping.item(position, item);
            }
        }
    }

    fn blank() -> Self {
        Self::new()
    }
}

impl<const N: usize> Mapped for [u8; N] {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.failed |= mapping.list(N) != N;
        for (position, item) in self.iter_mut().enumerate() {
            mapping.item(position, item);
        }
    }

    fn blank() -> Self {
        [0; N]
    }
}

impl<T: Mapped> Mapped for Box<T> {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        (**self).map(mapping);
    }

    fn blank() -> Self {
        Self::new(T::blank())
    }
}

impl<T: Mapped, U: Mapped> Mapped for (T, U) {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        mapping.failed |= mapping.list(2) != 2;
        mapping.item(0, &mut self.0);
        mapping.item(1, &mut self.1);
    }

    fn blank() -> Self {
        (T::blank(), U::blank())
    }
}

/// Maps a struct to an object: `json_struct!(Lease { flight: "flight", taken_over: "takenOver" })`.
macro_rules! json_struct {
    ($type:ty { $($field:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::Mapped for $type {
            fn map(&mut self, mapping: &mut $crate::json::Mapping<'_>) {
                $(mapping.member($name, &mut self.$field);)*
            }

            fn blank() -> Self {
                Self { $($field: $crate::json::Mapped::blank()),* }
            }
        }
    };
}

/// Maps an enum to an object whose first member tells the variant:
/// `json_enum!(Effect, by "kind" { "sleep" = Sleep { ms: ms = "ms" }, "stop" = Stop {} })`, where the
/// second `ms` is a binding. The field of a tuple variant is called `0`. An enum that is only ever
/// written (`=> to` before `by`) does without the code to turn it into another variant.
macro_rules! json_enum {
    ($type:ty $(=> $to:ident)?, by $tag:literal {
        $($value:literal = $variant:ident { $($field:tt: $bind:ident = $name:literal),* }),* $(,)?
    }) => {
        impl $crate::json::Mapped for $type {
            #[allow(non_upper_case_globals, reason = "patterns can name constants only")]
            fn map(&mut self, mapping: &mut $crate::json::Mapping<'_>) {
                enum Number { $($variant),* }
                let current = match self {
                    $(Self::$variant { .. } => Number::$variant as usize,)*
                };
                let found = mapping.name(Some($tag), &[$($value),*], current);
                $crate::json::json_enum!(@turn $($to)?, self current found $($variant { $($field)* })*);
                match self {
                    $(Self::$variant { $($field: $bind),* } => {
                        $(mapping.member($name, $bind);)*
                    })*
                }
            }

            fn blank() -> Self {
                $crate::json::json_enum!(@first $($variant { $($field)* })*)
            }
        }
    };
    (@turn to, $self:ident $current:ident $found:ident $($rest:tt)*) => { let _ = $found; };
    (@turn, $self:ident $current:ident $found:ident $($variant:ident { $($field:tt)* })*) => {
        if $found != $current {
            $(const $variant: usize = Number::$variant as usize;)*
            *$self = match $found {
                $($variant => Self::$variant { $($field: $crate::json::Mapped::blank()),* },)*
                _ => return,
            };
        }
    };
    (@first $first:ident { $($field:tt)* } $($rest:tt)*) => {
        Self::$first { $($field: $crate::json::Mapped::blank()),* }
    };
}

/// Maps an enum without fields to text: `json_names!(How { Fresh = "fresh" })`.
macro_rules! json_names {
    ($type:ty { $first:ident = $first_value:literal $(, $variant:ident = $value:literal)* $(,)? }) => {
        impl $crate::json::Mapped for $type {
            fn map(&mut self, mapping: &mut $crate::json::Mapping<'_>) {
                let all = [Self::$first $(, Self::$variant)*];
                let current = all.iter().position(|known| known == self).unwrap_or_default();
                let found = mapping.name(None, &[$first_value $(, $value)*], current);
                *self = all.get(found).copied().unwrap_or(*self);
            }

            fn blank() -> Self {
                Self::$first
            }
        }
    };
}

pub(crate) use {json_enum, json_names, json_struct};
