//! Authenticated encryption of bytes to and from text that fits in a cookie.
//!
//! `base64url( version(1) · key id(4) · nonce(24) · XChaCha20-Poly1305 ciphertext · tag(16) )`,
//! without padding. Associated data: the version byte and what the caller binds the text to.

use core::fmt;
use core::ops::Range;

use tokenkeep_primitives::aead::TAG_LEN;
use tokenkeep_primitives::base64url;
use tokenkeep_primitives::bytes::copy_into;
use zeroize::Zeroizing;

use crate::session::key_ring::{KeyId, KeyRing};
use crate::text;

/// Longest sealed text, in characters, that is written or looked at.
pub const MAX_SEALED_LEN: usize = 65_536;

pub use tokenkeep_primitives::aead::NONCE_LEN;

const VERSION: u8 = 1;
const HEADER_LEN: usize = size_of::<u8>() + size_of::<KeyId>() + NONCE_LEN;

/// What a text is sealed for. Each purpose has its own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A session in a cookie, bound to the cookie's name.
    Cookie,
    /// A token set in a store, bound to the session id.
    Record,
    /// What a sign-in by redirect has to remember, in a cookie, bound to the cookie's name.
    SignIn,
}

/// A text that would be longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many bytes it would have.
    pub bytes: usize,
    /// How many it may have.
    pub limit: usize,
}

impl TooLarge {
    /// How large it is and may be, for people.
    #[must_use]
    pub fn message(&self) -> String {
        let (limit, bytes) = (text::number(self.limit), text::number(self.bytes));
        ["expected at most ", &limit, " bytes, found ", &bytes].concat()
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for TooLarge {}

/// Why a text was not unsealed. For the log hook: to a visitor every one of them means signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsealError {
    /// Longer than [`MAX_SEALED_LEN`], than the caller's buffer, or than what one request may bring.
    TooLarge,
    /// Not base64url, or too short to hold a sealed text.
    Malformed,
    /// Sealed by a later release.
    UnknownVersion,
    /// Sealed with a secret that is not in the ring.
    UnknownKey,
    /// Altered, moved to another name, or joined from chunks of different writes.
    Tampered,
    /// Sealed by us, but not a layout that this release reads.
    UnknownLayout,
    /// A cookie was split into chunks and not all of them came.
    MissingChunk,
    /// More cookies carry our prefix than one request may bring.
    TooManyCookies,
}

impl fmt::Display for UnsealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "sealed text is too long",
            Self::Malformed => "sealed text is malformed",
            Self::UnknownVersion => "sealed text has an unknown version",
            Self::UnknownKey => "sealed text was made with a secret that is not configured",
            Self::Tampered => "sealed text is not authentic",
            Self::UnknownLayout => "unsealed content has an unknown layout",
            Self::MissingChunk => "a chunk of the cookie is missing",
            Self::TooManyCookies => "too many cookies",
        })
    }
}

impl core::error::Error for UnsealError {}

/// What a sealed text held.
#[derive(Debug)]
pub struct Unsealed {
    decoded: Zeroizing<Vec<u8>>,
    plaintext: Range<usize>,
    /// Sealed with an older key or in an older format: seal again when something is written anyway.
    pub reseal: bool,
}

impl Unsealed {
    /// The bytes that were sealed.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        self.decoded.get(self.plaintext.clone()).unwrap_or_default()
    }
}

/// Where the content of a sealed text lies in the buffer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsealedInPlace {
    /// Range of the plaintext.
    pub plaintext: Range<usize>,
    /// As in [`Unsealed::reseal`].
    pub reseal: bool,
}

/// Seals `plaintext` with the ring's first key. `nonce` must never be used twice.
///
/// # Errors
/// [`TooLarge`] if the text would be longer than [`MAX_SEALED_LEN`].
pub fn seal(
    ring: &KeyRing,
    purpose: Purpose,
    associated_data: &[u8],
    plaintext: &[u8],
    nonce: &[u8; NONCE_LEN],
) -> Result<String, TooLarge> {
    let length = HEADER_LEN + plaintext.len() + TAG_LEN;
    let too_large = TooLarge { bytes: length.saturating_mul(4).div_ceil(3), limit: MAX_SEALED_LEN };
    if too_large.bytes > too_large.limit {
        return Err(too_large);
    }
    let key = ring.sealing_key();
    let mut sealed = Zeroizing::new(Vec::with_capacity(length));
    sealed.push(VERSION);
    sealed.extend_from_slice(&key.id);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plaintext);
    let (_, body) = sealed.split_at_mut(HEADER_LEN);
    let tag = with_version(VERSION, associated_data, |bound| {
        key.cipher(purpose).seal(nonce, bound, body)
    });
    sealed.extend_from_slice(&tag.ok_or(too_large)?);
    Ok(base64url::encode(&sealed))
}

/// Unseals text that [`seal`] made for the same purpose and associated data.
///
/// # Errors
/// [`UnsealError`], whatever the text is; never a panic.
pub fn unseal(
    ring: &KeyRing,
    purpose: Purpose,
    associated_data: &[u8],
    text: &str,
) -> Result<Unsealed, UnsealError> {
    if text.len() > MAX_SEALED_LEN {
        return Err(UnsealError::TooLarge);
    }
    let mut decoded = Zeroizing::new(vec![0; base64url::decoded_len(text.len())]);
    let UnsealedInPlace { plaintext, reseal } =
        unseal_in_place(ring, purpose, associated_data, text.as_bytes(), &mut decoded)?;
    Ok(Unsealed { decoded, plaintext, reseal })
}

/// Unseals into the caller's buffer, without allocating. `out` has at least 3/4 of the text's length.
///
/// # Errors
/// [`UnsealError`]; `out` then holds nothing that was not in `text`.
pub fn unseal_in_place(
    ring: &KeyRing,
    purpose: Purpose,
    associated_data: &[u8],
    text: &[u8],
    out: &mut [u8],
) -> Result<UnsealedInPlace, UnsealError> {
    if text.len() > MAX_SEALED_LEN || base64url::decoded_len(text.len()) > out.len() {
        return Err(UnsealError::TooLarge);
    }
    let length = base64url::decode_into(text, out).ok_or(UnsealError::Malformed)?;
    let sealed = out.get_mut(..length).ok_or(UnsealError::TooLarge)?;
    open_in_place(ring, purpose, associated_data, sealed)
}

/// Unseals bytes that were decoded from base64url by the caller.
///
/// A lenient decoder makes several texts of one seal; it does not make a forged one readable.
///
/// # Errors
/// [`UnsealError`]; `sealed` is then unchanged.
pub fn open_in_place(
    ring: &KeyRing,
    purpose: Purpose,
    associated_data: &[u8],
    sealed: &mut [u8],
) -> Result<UnsealedInPlace, UnsealError> {
    let (version, rest) = sealed.split_first_mut().ok_or(UnsealError::Malformed)?;
    if *version != VERSION {
        return Err(UnsealError::UnknownVersion);
    }
    let (key_id, rest) = rest.split_first_chunk_mut().ok_or(UnsealError::Malformed)?;
    let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_LEN>().ok_or(UnsealError::Malformed)?;
    let (body, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(UnsealError::Malformed)?;
    let plaintext = HEADER_LEN..HEADER_LEN + body.len();
    with_version(*version, associated_data, |bound| {
        let mut refused = UnsealError::UnknownKey;
        for (key, reseal) in ring.keys_with_id(*key_id) {
            if key.cipher(purpose).open(nonce, bound, body, tag) {
                return Ok(UnsealedInPlace { plaintext, reseal });
            }
            refused = UnsealError::Tampered;
        }
        Err(refused)
    })
}

/// Calls `then` with the complete associated data, kept on the stack in all but odd cases.
fn with_version<R>(version: u8, associated_data: &[u8], then: impl FnOnce(&[u8]) -> R) -> R {
    let mut short = [version; 128];
    let length = short.get_mut(1..).and_then(|place| copy_into(associated_data, place));
    match length.and_then(|length| short.get(..=length)) {
        Some(bound) => then(bound),
        None => {
            let mut long = vec![version];
            long.extend_from_slice(associated_data);
            then(&long)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of at least thirty-two bytes";
    const OTHER: &str = "another secret, also thirty-two bytes long";
    const NONCE: [u8; NONCE_LEN] = [9; NONCE_LEN];

    fn ring(secrets: &[&str]) -> KeyRing {
        KeyRing::new(secrets).unwrap()
    }

    fn sealed(secret: &str) -> String {
        seal(&ring(&[secret]), Purpose::Cookie, b"name", b"hello", &NONCE).unwrap()
    }

    fn reason(ring: &KeyRing, purpose: Purpose, name: &[u8], text: &str) -> UnsealError {
        unseal(ring, purpose, name, text).unwrap_err()
    }

    #[test]
    fn what_was_sealed_is_unsealed() {
        let unsealed = unseal(&ring(&[SECRET]), Purpose::Cookie, b"name", &sealed(SECRET)).unwrap();
        assert_eq!(unsealed.plaintext(), b"hello");
        assert!(!unsealed.reseal);
    }

    #[test]
    fn a_previous_secret_still_unseals_and_asks_for_a_reseal() {
        let ring = ring(&[OTHER, SECRET]);
        let unsealed = unseal(&ring, Purpose::Cookie, b"name", &sealed(SECRET)).unwrap();
        assert!(unsealed.reseal);
    }

    #[test]
    fn each_way_to_fail_has_its_reason() {
        let mine = ring(&[SECRET]);
        let text = sealed(SECRET);
        let later = base64url::encode(&[2; 60]);
        let long = "A".repeat(MAX_SEALED_LEN + 1);
        let cookie = |name: &[u8], text: &str| reason(&mine, Purpose::Cookie, name, text);
        assert_eq!(cookie(b"other", &text), UnsealError::Tampered);
        assert_eq!(reason(&mine, Purpose::Record, b"name", &text), UnsealError::Tampered);
        assert_eq!(cookie(b"name", &sealed(OTHER)), UnsealError::UnknownKey);
        assert_eq!(cookie(b"name", &later), UnsealError::UnknownVersion);
        assert_eq!(cookie(b"name", ""), UnsealError::Malformed);
        assert_eq!(cookie(b"name", "AQ"), UnsealError::Malformed);
        assert_eq!(cookie(b"name", &format!("{text}=")), UnsealError::Malformed);
        assert_eq!(cookie(b"name", &long), UnsealError::TooLarge);
    }

    #[test]
    fn a_text_has_one_spelling() {
        let text = seal(&ring(&[SECRET]), Purpose::Cookie, b"name", b"hell", &NONCE).unwrap();
        assert_eq!(text.len() % 4, 2, "the last character has bits that carry nothing");
        let mut spelt_otherwise = text;
        let last = spelt_otherwise.pop().unwrap();
        spelt_otherwise.push(char::from_u32(u32::from(last) + 1).unwrap());
        let reason = reason(&ring(&[SECRET]), Purpose::Cookie, b"name", &spelt_otherwise);
        assert_eq!(reason, UnsealError::Malformed);
    }

    #[test]
    fn associated_data_of_any_length_binds() {
        let mine = ring(&[SECRET]);
        for length in [0, 126, 127, 128, 129, 4000] {
            let name = vec![b'n'; length];
            let longer = vec![b'n'; length + 1];
            let text = seal(&mine, Purpose::Cookie, &name, b"hello", &NONCE).unwrap();
            assert!(unseal(&mine, Purpose::Cookie, &name, &text).is_ok());
            assert_eq!(reason(&mine, Purpose::Cookie, &longer, &text), UnsealError::Tampered);
        }
    }

    #[test]
    fn nothing_is_sealed_that_could_not_be_unsealed() {
        let mine = ring(&[SECRET]);
        let seal = |length| seal(&mine, Purpose::Record, b"id", &vec![0; length], &NONCE);
        let longest = MAX_SEALED_LEN / 4 * 3 - HEADER_LEN - TAG_LEN;
        assert_eq!(seal(longest).unwrap().len(), MAX_SEALED_LEN);
        assert_eq!(seal(longest + 1).unwrap_err().limit, MAX_SEALED_LEN);
    }

    #[test]
    fn a_buffer_that_is_too_short_is_an_error() {
        let mine = ring(&[SECRET]);
        let text = sealed(SECRET);
        let mut out = [0; 20];
        let error = unseal_in_place(&mine, Purpose::Cookie, b"name", text.as_bytes(), &mut out);
        assert_eq!(error, Err(UnsealError::TooLarge));
    }
}
