//! The claims of a JWT that say how old it is, read without a JSON parser.
//!
//! Nothing is verified here, and nothing is granted on the strength of it: a claim only decides when
//! we ask the provider, who judges the token. So the scanner may be lenient, but it must never
//! panic and never take a nested or quoted `exp` for the token's own.

use tokenkeep_primitives::base64url;
use zeroize::Zeroizing;

use crate::time::{Millis, UnixMillis};
use crate::{decimal, text};

/// The registered claims (RFC 7519 §4.1) that are of use to a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwtClaims {
    /// `exp`, on the provider's clock. From this instant on the token is refused.
    pub expires_at: Option<UnixMillis>,
    /// `iat`, on the provider's clock, rounded down to a second by nearly every issuer.
    pub issued_at: Option<UnixMillis>,
    /// `iss`. Directus writes `directus`.
    pub issuer: Option<String>,
}

impl JwtClaims {
    /// Reads the payload of a signed token in compact form (RFC 7515 §7.1).
    ///
    /// `None` for everything else: opaque tokens, encrypted tokens, text that only looks like one.
    /// A claim of another type than the RFC's reads as absent; of two with one name the last counts.
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        let mut segments = text::split(token, b'.');
        let (_header, payload, _signature) = (segments.next()?, segments.next()?, segments.next()?);
        if segments.next().is_some() {
            return None;
        }
        let unpadded = text::split(payload, b'=').next()?;
        // A Directus session token carries a refresh token among its claims.
        let payload = Zeroizing::new(base64url::decode(unpadded.as_bytes())?);
        Self::scan(core::str::from_utf8(&payload).ok()?)
    }

    fn scan(payload: &str) -> Option<Self> {
        let mut scanner = Scanner { rest: payload.as_bytes() };
        let mut claims = Self::default();
        scanner.eat(b'{').then_some(())?;
        let mut more = !scanner.eat(b'}');
        while more {
            let name = unescape(scanner.string()?)?;
            scanner.eat(b':').then_some(())?;
            let value = scanner.value()?;
            match name.as_str() {
                "exp" => claims.expires_at = instant(value),
                "iat" => claims.issued_at = instant(value),
                "iss" => claims.issuer = text_of(value),
                _ => {}
            }
            more = scanner.eat(b',');
            (more || scanner.eat(b'}')).then_some(())?;
        }
        scanner.at_end().then_some(claims)
    }
}

/// A `NumericDate` (RFC 7519 §2): seconds since the epoch, possibly with a fraction.
fn instant(value: &[u8]) -> Option<UnixMillis> {
    let seconds = decimal::parse(core::str::from_utf8(value).ok()?)?;
    Some(UnixMillis(Millis::from_seconds_f64(seconds).0))
}

fn text_of(value: &[u8]) -> Option<String> {
    unescape(value.strip_prefix(b"\"")?.strip_suffix(b"\"")?)
}

/// Undoes the escapes of a JSON string. Surrogates, which no claim that we know needs, become U+FFFD.
fn unescape(raw: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&next, after)) = rest.split_first() {
        rest = after;
        if next == b'\\' {
            let meaning = escape(&mut rest)?;
            text.extend_from_slice(meaning.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            text.push(next);
        }
    }
    String::from_utf8(text).ok()
}

fn escape(rest: &mut &[u8]) -> Option<char> {
    let (&kind, after) = rest.split_first()?;
    *rest = after;
    Some(match kind {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (digits, after) = rest.split_first_chunk::<4>()?;
            *rest = after;
            let hexadecimal = |code, digit: &u8| Some(code << 4 | char::from(*digit).to_digit(16)?);
            let code = digits.iter().try_fold(0, hexadecimal)?;
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        b'"' | b'\\' | b'/' => char::from(kind),
        _ => return None,
    })
}

/// Walks JSON text from front to back and hands out slices of it. Knows just enough grammar to tell
/// where a value ends, and uses no recursion, so depth costs nothing.
struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    /// Takes everything in front of the first byte that is one of these, and of the end if none is.
    fn until(&mut self, ends: fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| ends(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn skip_space(&mut self) {
        self.until(|byte| !is_space(byte));
    }

    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest.is_empty()
    }

    fn eat(&mut self, expected: u8) -> bool {
        self.skip_space();
        let after = self.rest.strip_prefix(&[expected]);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// The inside of a string, escapes and all.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.eat(b'"').then_some(())?;
        let start = self.rest;
        loop {
            self.until(|byte| matches!(byte, b'"' | b'\\'));
            let (&stop, after) = self.rest.split_first()?;
            if stop == b'"' {
                let inside = start.get(..start.len() - self.rest.len());
                self.rest = after;
                return inside;
            }
            self.rest = after.get(1..)?;
        }
    }

    /// The text of the next value, whatever its type.
    fn value(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        let start = self.rest;
        match start.first()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => self.skip_nested()?,
            _ => {
                self.until(|byte| {
                    matches!(byte, b',' | b'}' | b']' | b':' | b'"') || is_space(byte)
                });
            }
        }
        start.get(..start.len() - self.rest.len()).filter(|value| !value.is_empty())
    }

    /// Skips a list or an object. Called in front of its opening bracket.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.until(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'));
            let (&stop, after) = self.rest.split_first()?;
            if stop == b'"' {
                self.string()?;
                continue;
            }
            self.rest = after;
            depth = if matches!(stop, b'{' | b'[') { depth + 1 } else { depth - 1 };
            if depth == 0 {
                return Some(());
            }
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FURTHEST;

    fn claims(payload: &str) -> Option<JwtClaims> {
        JwtClaims::read(&format!("e30.{}.c2ln", base64url::encode(payload.as_bytes())))
    }

    fn expiry(payload: &str) -> Option<i64> {
        claims(payload).and_then(|claims| claims.expires_at).map(|at| at.0)
    }

    #[test]
    fn the_claims_of_a_directus_token_are_read() {
        let read = claims(
            r#"{"id":"5d1c","role":null,"app_access":true,"iat":1767225600,"exp":1767226500,"iss":"directus"}"#,
        );
        let expected = JwtClaims {
            expires_at: Some(UnixMillis(1_767_226_500_000)),
            issued_at: Some(UnixMillis(1_767_225_600_000)),
            issuer: Some("directus".into()),
        };
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn only_a_claim_of_the_token_itself_counts() {
        assert_eq!(
            expiry(r#"{"note":"\"exp\":1","a":{"exp":2},"b":[{"exp":3}],"exp":4}"#),
            Some(4000)
        );
        assert_eq!(expiry(r#"{"a":{"exp":2},"b":["exp",3],"c":"exp"}"#), None);
        assert_eq!(expiry(r#"{"a":"\\","exp":5}"#), Some(5000));
        assert_eq!(expiry(r#"{"a":"\\\"","exp":6}"#), Some(6000));
        assert_eq!(expiry(r#"{"a":{"b":"}"},"exp":7}"#), Some(7000));
    }

    #[test]
    fn a_name_is_what_it_means_not_how_it_is_written() {
        assert_eq!(expiry(r#"{"\u0065xp":8}"#), Some(8000));
        assert_eq!(expiry("{ \n\t\"exp\" :\r9 }"), Some(9000));
    }

    #[test]
    fn numbers_come_in_every_form_that_json_has() {
        assert_eq!(expiry(r#"{"exp":1767225600.5}"#), Some(1_767_225_600_500));
        assert_eq!(expiry(r#"{"exp":1.7672256e9}"#), Some(1_767_225_600_000));
        assert_eq!(expiry(r#"{"exp":-1}"#), Some(-1000));
        assert_eq!(expiry(r#"{"exp":1e300}"#), Some(FURTHEST));
        assert_eq!(expiry(r#"{"exp":-1e300}"#), Some(-FURTHEST));
    }

    #[test]
    fn what_is_not_a_finite_number_is_no_expiry() {
        for value in
            ["\"5\"", "null", "true", "[5]", "{\"exp\":5}", "1e999", "nan", "infinity", "-"]
        {
            assert_eq!(expiry(&format!("{{\"exp\":{value}}}")), None, "{value}");
        }
    }

    #[test]
    fn of_two_claims_with_one_name_the_last_counts() {
        assert_eq!(expiry(r#"{"exp":1,"exp":2}"#), Some(2000));
        assert_eq!(expiry(r#"{"exp":1,"exp":"later"}"#), None);
    }

    #[test]
    fn text_that_is_no_signed_token_has_no_claims() {
        for token in
            ["", ".", "..", "a.b.c", "e30.e30", "e30.e30.e30.e30.e30", "e30.W10.x", "opaque"]
        {
            assert_eq!(JwtClaims::read(token), None, "{token}");
        }
        for payload in
            ["", "{", "[]", "{}}", "{\"exp\":1", "{\"exp\" 1}", "{\"exp\":}", "{\"a\":[}"]
        {
            assert_eq!(claims(payload), None, "{payload}");
        }
        assert_eq!(claims("{}"), Some(JwtClaims::default()));
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(expiry(&format!("{{\"a\":{deep},\"exp\":3}}")), Some(3000));
    }
}
