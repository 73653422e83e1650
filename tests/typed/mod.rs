//! The crate's types in vector files.

use serde::{Deserialize, Deserializer};
use tokenkeep::json::{Json, Mapped, from_json};

/// A value that a vector file holds as JSON.
#[derive(Clone)]
pub struct Typed<T>(pub T);

impl<'de, T: Mapped> Deserialize<'de> for Typed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = from_json(Json::deserialize(deserializer)?);
        value.map(Self).ok_or_else(|| serde::de::Error::custom("another shape"))
    }
}
