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
    let mut json = String::with_capacity(room + 2);
    json.push('{');
    for (name, value) in members {
        if json.len() > 1 {
            json.push(',');
        }
        push_string(&mut json, name);
        json.push(':');
        push_string(&mut json, value);
    }
    json.push('}');
    Secret::new(json)
}

fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for next in text.chars() {
        match next {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\0'..='\u{1f}' => push_control(json, next),
            itself => json.push(itself),
        }
    }
    json.push('"');
}

fn push_control(json: &mut String, control: char) {
    let code = u32::from(control);
    json.push_str("\\u00");
    for digit in [code >> 4, code & 0xf] {
        json.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
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
