//! JSON request bodies: objects whose members are text, which is all that `/auth/*` asks for.

use crate::secret::Secret;

/// Writes the members in the order given ([RFC 8259 §7]). Members whose value is `None` are left out.
///
/// [RFC 8259 §7]: https://www.rfc-editor.org/rfc/rfc8259.html#section-7
#[must_use]
pub fn object(members: &[(&str, Option<&str>)]) -> Secret {
    // Room for the worst case, every byte escaped: a string that grows leaves copies of a password.
    let longest = |text: &str| 6 * text.len() + 3;
    let members = members.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let room: usize = members.clone().map(|(name, value)| longest(name) + longest(value)).sum();
    let mut json = Vec::with_capacity(room + 2);
    json.push(b'{');
    for (name, value) in members {
        if json.len() > 1 {
            json.push(b',');
        }
        push_string(&mut json, name);
        json.push(b':');
        push_string(&mut json, value);
    }
    json.push(b'}');
    Secret::new(String::from_utf8(json).unwrap_or_default())
}

/// Byte by byte: everything that has to be escaped is ASCII.
fn push_string(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => json.extend([b'\\', byte]),
            0..=0x1f => {
                json.extend_from_slice(b"\\u00");
                json.extend([byte >> 4, byte & 0xf].map(hexadecimal));
            }
            itself => json.push(itself),
        }
    }
    json.push(b'"');
}

const fn hexadecimal(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_absent_ones_are_left_out() {
        let body = object(&[("b", Some("1")), ("otp", None), ("a", Some("2"))]);
        assert_eq!(body.expose(), r#"{"b":"1","a":"2"}"#);
        assert_eq!(object(&[("otp", None)]).expose(), "{}");
    }

    #[test]
    fn only_what_must_be_escaped_is_escaped() {
        let body = object(&[("p", Some("\"\\/\n\u{1f}\u{7f}é\u{2028}😀"))]);
        assert_eq!(body.expose(), "{\"p\":\"\\\"\\\\/\\u000a\\u001f\u{7f}é\u{2028}😀\"}");
    }

    #[test]
    fn a_value_cannot_add_a_member() {
        let body = object(&[("password", Some(r#"x","mode":"json"#))]);
        assert_eq!(body.expose(), r#"{"password":"x\",\"mode\":\"json"}"#);
    }
}
