//! What the crate reads and writes of JSON, held against serde_json over many random documents.
//! The seed is fixed: a failure repeats.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tokenkeep::json_body;
use tokenkeep::jwt::JwtClaims;
use tokenkeep::time::{Millis, UnixMillis};

/// An xorshift generator (Marsaglia, 2003): tests need variety, not quality.
struct Variety(u64);

impl Variety {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Text with every control character and plenty of what JSON treats as special.
    fn text(&mut self) -> String {
        let special =
            ['"', '\\', '{', '}', '[', ']', ':', ',', '/', 'é', '\u{2028}', '😀', '\u{ffff}'];
        let length = self.below(24);
        (0..length)
            .map(|_| match self.below(3) {
                0 => self.one_of(&special),
                1 => char::from(self.below(0x80) as u8),
                _ => char::from_u32(self.below(0x11_0000) as u32).unwrap_or('x'),
            })
            .collect()
    }

    fn name(&mut self) -> String {
        match self.below(3) {
            0 => self.one_of(&["exp", "iat", "iss", "session", "\"exp\""]).into(),
            _ => self.text(),
        }
    }

    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => json!(self.below(4_000_000_000)),
            1 => json!(-(self.below(1_000_000) as i64)),
            2 => json!(self.below(1_000_000) as f64 / 7.0),
            _ => json!(self.one_of(&[1e300, -1e300, 1.5e10, 0.0, 9e15])),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => self
                .one_of(&[Value::Null, Value::Bool(true), Value::Bool(false)].each_ref())
                .clone(),
            1 | 2 => self.number(),
            3 => Value::String(self.text()),
            4 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(self.object(depth - 1)),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        (0..self.below(6)).map(|_| (self.name(), self.value(depth))).collect()
    }
}

fn signed(payload: &str) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
}

fn instant(claim: Option<&Value>) -> Option<UnixMillis> {
    claim?.as_f64().map(|seconds| UnixMillis(Millis::from_seconds_f64(seconds).0))
}

#[test]
fn the_claims_of_any_payload_are_what_a_json_parser_reads() {
    let mut variety = Variety(0x746f_6b65_6e6b_6565);
    for _ in 0..20_000 {
        let payload = variety.object(3);
        let text = match variety.below(2) {
            0 => serde_json::to_string(&payload),
            _ => serde_json::to_string_pretty(&payload),
        }
        .expect("JSON");
        let expected = JwtClaims {
            expires_at: instant(payload.get("exp")),
            issued_at: instant(payload.get("iat")),
            issuer: payload.get("iss").and_then(Value::as_str).map(Into::into),
        };
        assert_eq!(JwtClaims::read(&signed(&text)), Some(expected), "{text}");
    }
}

#[test]
fn a_damaged_payload_never_panics() {
    let mut variety = Variety(0x6a77_745f_6675_7a7a);
    for _ in 0..20_000 {
        let mut bytes = serde_json::to_vec(&variety.object(3)).expect("JSON");
        for _ in 0..=variety.below(3) {
            let at = variety.below(bytes.len() + 1);
            match variety.below(3) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, variety.one_of(b"\"\\{}[]:,u0-e\xff")),
                _ => bytes.extend_from_slice(b"\\u"),
            }
        }
        let _ = JwtClaims::read(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(&bytes)));
        let _ = JwtClaims::read(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn any_text_survives_a_request_body() {
    let mut variety = Variety(0x626f_6479_5f74_6578);
    for _ in 0..20_000 {
        let (name, value) = (variety.text(), variety.text());
        let body = json_body::object(&[(&name, Some(&value)), ("mode ", Some("json"))]);
        let read: Value = serde_json::from_str(body.expose()).expect("JSON");
        let expected = Map::from_iter([(name, json!(value)), ("mode ".into(), json!("json"))]);
        assert_eq!(read, Value::Object(expected));
    }
}
