//! Text by its ASCII bytes. The standard library's searching, for any pattern in any alphabet, and its
//! formatting, for any type in any width, are a tenth of the WebAssembly that they would be part of.

/// What is before and after the first `at`, an ASCII character.
pub(crate) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// The parts between all `at`, an ASCII character: one more than there are of it.
pub(crate) fn split(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let (part, more) = match split_once(rest?, at) {
            Some((part, more)) => (part, Some(more)),
            None => (rest?, None),
        };
        rest = more;
        Some(part)
    })
}

/// The parts between all ASCII characters that `ends`, asked in order, is true for.
pub(crate) fn split_where(
    text: &str,
    mut ends: impl FnMut(u8) -> bool,
) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        match text.bytes().position(&mut ends) {
            Some(place) => {
                rest = text.get(place + 1..);
                text.get(..place)
            }
            None => rest.take(),
        }
    })
}

/// Whether all of it, and at least one byte, is `known`.
pub(crate) fn is_all(text: &str, known: fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(known)
}

/// A number in decimal digits.
pub(crate) fn number(number: usize) -> String {
    let mut text = if number < 10 { String::new() } else { self::number(number / 10) };
    text.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or_default()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_standard_library() {
        for text in ["", ";", "a", "a;b", ";a;;b;", "ü;😀"] {
            assert_eq!(split_once(text, b';'), text.split_once(';'), "{text}");
            assert!(split(text, b';').eq(text.split(';')), "{text}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for found in [0, 7, 10, 604_800, usize::MAX] {
            assert_eq!(number(found), found.to_string());
        }
    }
}
