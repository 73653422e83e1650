//! JSON values as bytes, for what the driver holds without looking into it.
//!
//! A kind, then for numbers eight bytes, for everything else a length (`u32`) and the content, both
//! little-endian. There is no version in them: a flight's never leave the process that made them, and a
//! page's session is told by its prefix.

use std::string::String;
use std::vec::Vec;

use super::{Json, Name};
use crate::secret::Secret;

/// Deepest value that is read. More would be no state of ours, and could exhaust the stack.
const MAX_DEPTH: u32 = 16;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const TEXT: u8 = 4;
const LIST: u8 = 5;
const OBJECT: u8 = 6;
const BYTES: u8 = 7;

impl Json {
    /// The value as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// The value in these bytes. `None` if they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(MAX_DEPTH)?;
        reader.rest.is_empty().then_some(value)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(NULL),
            Self::Bool(value) => out.push(if *value { TRUE } else { FALSE }),
            Self::Number(value) => {
                out.push(NUMBER);
                out.extend_from_slice(&value.to_le_bytes());
            }
            Self::Text(text) => write_bytes(TEXT, text.expose().as_bytes(), out),
            Self::Bytes(bytes) => write_bytes(BYTES, bytes, out),
            Self::List(items) => {
                write_head(LIST, items.len(), out);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Object(members) => {
                write_head(OBJECT, members.len(), out);
                for (name, value) in members {
                    write_bytes(TEXT, name.as_bytes(), out);
                    value.write(out);
                }
            }
        }
    }
}

fn write_bytes(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    write_head(kind, bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn write_head(kind: u8, length: usize, out: &mut Vec<u8>) {
    out.push(kind);
    // No 32-bit memory holds more, and elsewhere nothing reads it.
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: u32) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        let [kind] = self.array()?;
        Some(match kind {
            NULL => Json::Null,
            FALSE | TRUE => Json::Bool(kind == TRUE),
            NUMBER => Json::Number(f64::from_le_bytes(self.array()?)),
            TEXT => Json::Text(Secret::new(self.text()?)),
            BYTES => Json::Bytes(self.bytes()?.into()),
            LIST => {
                let mut items = Vec::new();
                for _ in 0..self.length()? {
                    items.push(self.value(depth)?);
                }
                Json::List(items)
            }
            OBJECT => {
                let mut members = Vec::new();
                for _ in 0..self.length()? {
                    let Json::Text(name) = self.value(depth)? else { return None };
                    members.push((Name::Owned(name.into_string()), self.value(depth)?));
                }
                Json::Object(members)
            }
            _ => return None,
        })
    }

    fn text(&mut self) -> Option<String> {
        core::str::from_utf8(self.bytes()?).ok().map(Into::into)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Json {
        let member = |name, value| (Name::Borrowed(name), value);
        Json::Object(vec![
            member("", Json::Null),
            member("a", Json::List(vec![Json::Bool(true), Json::Bool(false), Json::Null])),
            member("ünïcode", Json::Text(Secret::new("😀"))),
            member("n", Json::List([0.0, -1.5, f64::MAX].map(Json::Number).into())),
            member("o", Json::Object(vec![member("b", Json::Bytes(vec![0, 255]))])),
        ])
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        assert_eq!(Json::from_bytes(&everything().to_bytes()), Some(everything()));
    }

    #[test]
    fn no_truncation_and_no_appendix_is_a_value() {
        let bytes = everything().to_bytes();
        for length in 0..bytes.len() {
            assert_eq!(Json::from_bytes(&bytes[..length]), None, "{length}");
        }
        assert_eq!(Json::from_bytes(&[bytes.as_slice(), &[0]].concat()), None);
    }

    #[test]
    fn no_change_of_a_byte_makes_the_reader_panic() {
        let bytes = everything().to_bytes();
        for at in 0..bytes.len() {
            for value in 0..=255 {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = Json::from_bytes(&changed);
            }
        }
    }

    #[test]
    fn a_value_that_is_too_deep_is_refused() {
        let deep = |levels| (1..levels).fold(Json::Null, |inner, _| Json::List(vec![inner]));
        assert!(Json::from_bytes(&deep(16).to_bytes()).is_some());
        assert_eq!(Json::from_bytes(&deep(17).to_bytes()), None);
    }
}
