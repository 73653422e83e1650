//! A cookie that is too large travels as `name.0`, `name.1`, … whose values are joined again.
//!
//! The value of `name.0` starts with the number of chunks and a dot, so chunks that an earlier, longer
//! value left behind are ignored. Chunks of two different values do not fit together: the joined text
//! fails its authentication as a whole.

use crate::session::seal::TooLarge;
use crate::text;

/// Most bytes of a cookie, its name and attributes counted, that every browser keeps.
pub const COOKIE_LIMIT: usize = 4096;

/// Most chunks of one cookie. Servers refuse headers long before: Node at 16 KiB.
pub const MAX_CHUNKS: usize = 16;

/// Length of the longest name suffix, `.15`, and of the longest count, `16.`.
const MARK_LEN: usize = 3;

/// The cookies, names and values, that carry `value`: one, or as many chunks as it takes.
///
/// `attributes_len` is what a `Set-Cookie` header has after the value.
///
/// # Errors
/// [`TooLarge`], in bytes of the value, if [`MAX_CHUNKS`] do not hold it.
pub fn split(
    name: &str,
    value: &str,
    attributes_len: usize,
) -> Result<Vec<(String, String)>, TooLarge> {
    let fixed = name.len() + "=".len() + attributes_len;
    if fixed + value.len() <= COOKIE_LIMIT {
        return Ok(vec![(name.to_owned(), value.to_owned())]);
    }
    let room = COOKIE_LIMIT.saturating_sub(fixed + 2 * MARK_LEN);
    let too_large = TooLarge { bytes: value.len(), limit: room * MAX_CHUNKS };
    if value.len() > too_large.limit {
        return Err(too_large);
    }
    let count = value.len().div_ceil(room);
    let mut parts = Vec::with_capacity(count);
    let mut mark = [&text::number(count), "."].concat();
    let mut rest = value;
    while !rest.is_empty() {
        // Not a character boundary: not sealed text. Refused, because half of it would be lost.
        let (part, tail) = rest.split_at_checked(room.min(rest.len())).ok_or(too_large)?;
        let name = [name, ".", &text::number(parts.len())].concat();
        parts.push((name, [&mark, part].concat()));
        mark.clear();
        rest = tail;
    }
    Ok(parts)
}

/// Which part of a cookie a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `name`: the whole value.
    Whole,
    /// `name.3`: one chunk.
    Chunk(usize),
}

impl Part {
    /// What follows the base name: nothing, or a dot and a number as [`split`] writes it.
    #[must_use]
    pub fn parse(suffix: &str) -> Option<Self> {
        let Some(number) = suffix.strip_prefix('.') else {
            return suffix.is_empty().then_some(Self::Whole);
        };
        (0..MAX_CHUNKS).find(|index| text::number(*index) == number).map(Self::Chunk)
    }
}

/// The chunks of one cookie that a request brought, by their number.
pub type Chunks<'a> = [Option<&'a str>; MAX_CHUNKS];

/// The value that was split. `None` if the first chunk, or one that it counts, is missing.
#[must_use]
pub fn join(chunks: &Chunks<'_>) -> Option<String> {
    let (first, others) = chunks.split_first()?;
    let (count, start) = text::split_once((*first)?, b'.')?;
    let count = (1..=MAX_CHUNKS).find(|number| text::number(*number) == count)?;
    let mut value = start.to_owned();
    for chunk in others.get(..count - 1)? {
        value.push_str((*chunk)?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(parts: &[(String, String)]) -> Chunks<'_> {
        let mut chunks = [None; MAX_CHUNKS];
        for (name, value) in parts {
            if let Some(Part::Chunk(index)) = Part::parse(name.strip_prefix("sid").unwrap()) {
                chunks[index] = Some(value.as_str());
            }
        }
        chunks
    }

    fn value(length: usize) -> String {
        (0..length).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect()
    }

    #[test]
    fn a_value_is_split_when_the_cookie_would_exceed_the_limit() {
        let fits = COOKIE_LIMIT - "sid=".len() - 50;
        assert_eq!(split("sid", &value(fits), 50).unwrap(), [("sid".to_owned(), value(fits))]);
        let parts = split("sid", &value(fits + 1), 50).unwrap();
        assert_eq!(parts.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["sid.0", "sid.1"]);
        assert!(parts[0].1.starts_with("2.abc"));
    }

    #[test]
    fn no_chunk_exceeds_the_limit_and_joined_they_are_the_value() {
        for length in [4100, 8000, 8100, 40_000, 60_000] {
            let parts = split("sid", &value(length), 60).unwrap();
            for (name, value) in &parts {
                assert!(name.len() + 1 + value.len() + 60 <= COOKIE_LIMIT);
            }
            assert_eq!(join(&chunks(&parts)).unwrap(), value(length));
        }
    }

    #[test]
    fn more_than_sixteen_chunks_are_refused_with_the_limit() {
        let limit = split("sid", &value(100_000), 60).unwrap_err().limit;
        assert_eq!(split("sid", &value(limit), 60).unwrap().len(), MAX_CHUNKS);
        let error = split("sid", &value(limit + 1), 60).unwrap_err();
        assert_eq!(error, TooLarge { bytes: limit + 1, limit });
        assert_eq!(split("sid", "v", 5000).unwrap_err().limit, 0);
    }

    #[test]
    fn chunks_left_behind_by_a_longer_value_are_ignored() {
        let mut parts = split("sid", &value(5000), 60).unwrap();
        parts.push(("sid.2".to_owned(), "stale".to_owned()));
        assert_eq!(join(&chunks(&parts)).unwrap(), value(5000));
    }

    #[test]
    fn a_missing_chunk_is_noticed() {
        let parts = split("sid", &value(9000), 60).unwrap();
        for missing in 0..parts.len() {
            let mut chunks = chunks(&parts);
            chunks[missing] = None;
            assert_eq!(join(&chunks), None);
        }
    }

    #[test]
    fn a_count_that_was_never_written_is_refused() {
        for first in ["", "abc", ".abc", "0.abc", "01.abc", "17.abc", "-1.abc", "99999999999.abc"] {
            let mut chunks = [Some("x"); MAX_CHUNKS];
            chunks[0] = Some(first);
            assert_eq!(join(&chunks), None, "{first}");
        }
    }

    #[test]
    fn only_names_that_split_writes_are_parts() {
        assert_eq!(Part::parse(""), Some(Part::Whole));
        assert_eq!(Part::parse(".0"), Some(Part::Chunk(0)));
        assert_eq!(Part::parse(".15"), Some(Part::Chunk(15)));
        for foreign in [".", ".16", ".00", ".x", "x", ".1.1", ".+1"] {
            assert_eq!(Part::parse(foreign), None, "{foreign}");
        }
    }
}
