//! `application/x-www-form-urlencoded`, the format of every request to a token endpoint
//! ([RFC 6749 appendix B], [URL standard §5.2]).
//!
//! [RFC 6749 appendix B]: https://www.rfc-editor.org/rfc/rfc6749.html#appendix-B
//! [URL standard §5.2]: https://url.spec.whatwg.org/#urlencoded-serializing

use crate::secret::Secret;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Writes the pairs in the order given.
pub(super) fn form(pairs: &[(&str, &str)]) -> Secret {
    // Room for the worst case, every byte escaped: a string that grows leaves copies of a token.
    let room = pairs.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
    let mut text = String::with_capacity(room);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        push_encoded(&mut text, name);
        text.push('=');
        push_encoded(&mut text, value);
    }
    Secret::new(text)
}

/// Adds the encoded form of a name or a value.
pub(super) fn push_encoded(text: &mut String, part: &str) {
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                text.push(char::from(byte));
            }
            b' ' => text.push('+'),
            _ => {
                text.push('%');
                text.extend([byte >> 4, byte & 15].map(hexadecimal));
            }
        }
    }
}

fn hexadecimal(digit: u8) -> char {
    HEX.get(usize::from(digit)).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_their_order() {
        let body = form(&[("b", "1"), ("a", "2"), ("empty", "")]);
        assert_eq!(body.expose(), "b=1&a=2&empty=");
        assert_eq!(form(&[]).expose(), "");
    }

    #[test]
    fn the_example_of_rfc_6749_appendix_b() {
        assert_eq!(form(&[("", " %&+£€")]).expose(), "=+%25%26%2B%C2%A3%E2%82%AC");
    }

    #[test]
    fn only_the_unreserved_bytes_stay() {
        let unchanged: String = (0..=127_u8)
            .map(char::from)
            .filter(|next| form(&[("", &next.to_string())]).expose().ends_with(*next))
            .filter(|next| form(&[("", &next.to_string())]).expose().len() == 2)
            .collect();
        let expected = "*-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
        assert_eq!(unchanged, expected);
    }
}
