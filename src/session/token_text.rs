//! Tokens as the fewest bytes: a JWT is base64url, which spends four characters on three bytes.
//!
//! A token made of one to five base64url segments joined by dots (a JWT, a JWE, Directus' opaque
//! refresh token) is kept as the segments' bytes, if they spell the identical text again; any other
//! token as its UTF-8 text. Layout: number of segments, `0` for text · length (`u16` LE) of each
//! segment but the last · the bytes.

use tokenkeep_primitives::base64url;
use tokenkeep_primitives::bytes::copy_into;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::text;

/// Most bytes that packing adds while it works, so that a buffer can be made large enough at once.
pub const OVERHEAD: usize = 8;

/// A JWE in compact serialization has five (RFC 7516 §7.1).
const MAX_SEGMENTS: usize = 5;

/// Appends the packed token to `out`. Room for [`OVERHEAD`] bytes more than the text has is enough.
pub fn pack(token: &str, out: &mut Vec<u8>) {
    let start = out.len();
    if pack_segments(token, out).is_none() {
        out.truncate(start);
        out.push(0);
        out.extend_from_slice(token.as_bytes());
    }
}

fn pack_segments(token: &str, out: &mut Vec<u8>) -> Option<()> {
    let count = text::split(token, b'.').count();
    if count > MAX_SEGMENTS {
        return None;
    }
    out.push(u8::try_from(count).ok()?);
    let lengths_start = out.len();
    let bytes_start = lengths_start + 2 * (count - 1);
    out.resize(bytes_start, 0);
    let mut lengths = [0; MAX_SEGMENTS];
    for (segment, length) in text::split(token, b'.').zip(&mut lengths) {
        let before = out.len();
        out.resize(before + base64url::decoded_len(segment.len()), 0);
        // Strict decoding refuses unused bits and padding, so equal bytes mean equal text.
        base64url::decode_into(segment.as_bytes(), out.get_mut(before..)?)?;
        *length = u16::try_from(out.len() - before).ok()?;
    }
    let places = out.get_mut(lengths_start..bytes_start)?.as_chunks_mut().0;
    for (place, length) in places.iter_mut().zip(lengths) {
        *place = length.to_le_bytes();
    }
    Some(())
}

/// The token's text. `None` if these bytes are no packed token.
#[must_use]
pub fn unpack(packed: &[u8]) -> Option<Secret> {
    // The longest text has four characters for three bytes, and a dot for each length.
    let mut text = Zeroizing::new(vec![0; packed.len().div_ceil(3) * 4]);
    let length = unpack_into(packed, &mut text)?;
    Some(Secret::new(core::str::from_utf8(text.get(..length)?).ok()?))
}

/// Writes the token's text to `out` and returns its length, without allocating.
///
/// `None` if these bytes are no packed token or `out` is too short. That the text of an opaque token is
/// UTF-8 is not looked at: it was when the token was sealed.
#[must_use]
pub fn unpack_into(packed: &[u8], out: &mut [u8]) -> Option<usize> {
    let (&count, rest) = packed.split_first()?;
    if count == 0 {
        return copy_into(rest, out);
    }
    let (lengths, mut bytes) = rest.split_at_checked(2 * (usize::from(count) - 1))?;
    let mut written = 0;
    for length in lengths.as_chunks().0 {
        let (segment, rest) = bytes.split_at_checked(u16::from_le_bytes(*length).into())?;
        written += base64url::encode_into(segment, out.get_mut(written..)?)?;
        *out.get_mut(written)? = b'.';
        written += 1;
        bytes = rest;
    }
    Some(written + base64url::encode_into(bytes, out.get_mut(written..)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM3NTIwMDB9.c2lnbmF0dXJl";

    fn packed(token: &str) -> Vec<u8> {
        let mut out = Vec::new();
        pack(token, &mut out);
        out
    }

    #[test]
    fn a_jwt_is_kept_as_the_bytes_of_its_segments() {
        let packed = packed(JWT);
        assert_eq!(packed[..5], [3, 15, 0, 18, 0]);
        assert_eq!(&packed[5..20], br#"{"alg":"HS256"}"#);
        assert_eq!(unpack(&packed).unwrap().expose(), JWT);
    }

    #[test]
    fn every_text_comes_back_identical() {
        let tokens = [
            "",
            ".",
            "....",
            ".....",
            "abcd",
            "abcde",
            "a.b.c",
            "eyJh.eyJl.",
            "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3NjM3NTIwMDB9.c2lnbmF0dXJm",
            "static-token with spaces, ünïcode and +/=",
            "aGVsbG8=",
            JWT,
        ];
        for token in tokens {
            let packed = packed(token);
            assert!(packed.len() <= token.len() + OVERHEAD, "{token}");
            assert_eq!(unpack(&packed).unwrap().expose(), token);
        }
    }

    #[test]
    fn a_segment_that_could_be_spelt_otherwise_is_kept_as_text() {
        // "aGk" and "aGl" are the same two bytes to a lenient decoder.
        assert_eq!(packed("aGk")[0], 1);
        assert_eq!(packed("aGl"), b"\0aGl");
    }

    #[test]
    fn bytes_that_are_no_packed_token_are_refused() {
        for garbage in [&[][..], &[3], &[2, 1], &[2, 9, 0, 1], &[255; 40], &[0, 0xff]] {
            assert!(unpack(garbage).is_none(), "{garbage:?}");
        }
    }

    #[test]
    fn a_buffer_that_is_too_short_is_refused() {
        let packed = packed(JWT);
        assert_eq!(unpack_into(&packed, &mut [0; 128]), Some(JWT.len()));
        assert_eq!(unpack_into(&packed, &mut vec![0; JWT.len() - 1]), None);
    }
}
