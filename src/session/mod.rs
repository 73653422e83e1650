//! The session: what our cookie holds, how it is sealed, and how it travels in cookies.

pub(crate) mod carrier;
pub mod chunks;
pub mod jar;
pub mod key_ring;
#[cfg(feature = "browser")]
pub mod plain_text;
pub mod plaintext;
pub mod seal;
pub mod set_cookie;
pub mod token_text;

pub use set_cookie::SetCookie;

use core::fmt;
use core::str::FromStr;

use crate::entropy::Entropy;
use crate::json::{Mapped, Mapping, json_struct};
use crate::secret::Secret;
use crate::session::key_ring::KeyRing;
use crate::session::seal::{NONCE_LEN, Purpose, TooLarge, UnsealError};
use crate::time::UnixMillis;
use crate::token_set::TokenSet;
use tokenkeep_primitives::base64url;

/// Names a session in the store and in logs. Drawn at login; knowing it gives no access.
///
/// As text it is 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// A new id.
    #[must_use]
    pub fn random(entropy: &mut Entropy) -> Self {
        Self(entropy.take())
    }

    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 22 characters.
    #[must_use]
    pub fn text(&self) -> String {
        base64url::encode(&self.0)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({:.6}…)", self.text())
    }
}

/// The text is not 22 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSessionId;

impl fmt::Display for InvalidSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a session id of 22 base64url characters")
    }
}

impl core::error::Error for InvalidSessionId {}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, InvalidSessionId> {
        // The decoder asks for room for whole groups of four characters.
        let bytes = base64url::decode(text.as_bytes()).ok_or(InvalidSessionId)?;
        bytes.try_into().map(Self).map_err(|_| InvalidSessionId)
    }
}

/// As its text.
impl Mapped for SessionId {
    fn map(&mut self, mapping: &mut Mapping<'_>) {
        let mut text = self.text();
        text.map(mapping);
        match text.parse() {
            Ok(id) => *self = id,
            Err(_) if mapping.reads() => mapping.fail(),
            Err(_) => {}
        }
    }

    fn blank() -> Self {
        Self([0; 16])
    }
}

/// What our cookie holds, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Stays the same from login to logout.
    pub id: SessionId,
    /// How many times the tokens have been renewed.
    pub generation: u32,
    /// Which provider issued the tokens, such as `directus`.
    pub provider: String,
    /// Which instance of the application sealed it.
    pub instance: [u8; 8],
    /// The tokens of this generation.
    pub tokens: TokenSet,
    /// When the user logged in.
    pub started_at: UnixMillis,
    /// When this generation, or a change of `data`, was sealed.
    pub sealed_at: UnixMillis,
    /// Whether the cookie outlives the browser session.
    pub remember: bool,
    /// The app's own data as JSON text. Redacted like a token: it is about a person.
    pub data: Option<Secret>,
}

impl Session {
    /// Seals the session for the cookie with this name. `nonce` must never be used twice.
    ///
    /// # Errors
    /// [`TooLarge`] if the text would be longer than [`seal::MAX_SEALED_LEN`].
    pub fn seal(
        &self,
        ring: &KeyRing,
        cookie_name: &str,
        nonce: &[u8; NONCE_LEN],
    ) -> Result<String, TooLarge> {
        let plaintext = plaintext::encode_session(self)?;
        seal::seal(ring, Purpose::Cookie, cookie_name.as_bytes(), &plaintext, nonce)
    }

    /// The session that was sealed for the cookie with this name, and whether to seal it again
    /// because that was done with an older key or format.
    ///
    /// # Errors
    /// [`UnsealError`], whatever the text is.
    pub fn unseal(
        ring: &KeyRing,
        cookie_name: &str,
        text: &str,
    ) -> Result<(Self, bool), UnsealError> {
        let unsealed = seal::unseal(ring, Purpose::Cookie, cookie_name.as_bytes(), text)?;
        let session = plaintext::decode_session(unsealed.plaintext());
        Ok((session.ok_or(UnsealError::UnknownLayout)?, unsealed.reseal))
    }
}

/// Seals a token set for the record of a session. `nonce` must never be used twice.
///
/// # Errors
/// [`TooLarge`] if the text would be longer than [`seal::MAX_SEALED_LEN`].
pub fn seal_tokens(
    ring: &KeyRing,
    id: SessionId,
    tokens: &TokenSet,
    nonce: &[u8; NONCE_LEN],
) -> Result<String, TooLarge> {
    let plaintext = plaintext::encode_tokens(tokens)?;
    seal::seal(ring, Purpose::Record, id.as_bytes(), &plaintext, nonce)
}

/// The token set that was sealed for the record of this session.
///
/// # Errors
/// [`UnsealError`]: the record is unreadable, which is not the same as absent.
pub fn unseal_tokens(ring: &KeyRing, id: SessionId, text: &str) -> Result<TokenSet, UnsealError> {
    let unsealed = seal::unseal(ring, Purpose::Record, id.as_bytes(), text)?;
    plaintext::decode_tokens(unsealed.plaintext()).ok_or(UnsealError::UnknownLayout)
}

json_struct!(Session {
    id: "id",
    generation: "generation",
    provider: "provider",
    instance: "instance",
    tokens: "tokens",
    started_at: "startedAt",
    sealed_at: "sealedAt",
    remember: "remember",
    data: "data",
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Json, from_json, into_json};

    #[test]
    fn an_id_is_twenty_two_characters_and_comes_back_from_them() {
        let id = SessionId::random(&mut Entropy::new(&[1; 32]));
        let text = id.to_string();
        assert_eq!(text.len(), 22);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(into_json(id), Json::Text(Secret::new(text)));
        assert_eq!(from_json(into_json(id)), Some(id));
        assert_eq!(from_json::<SessionId>(Json::Text(Secret::new("AAAA"))), None);
    }

    #[test]
    fn text_that_no_id_gives_is_no_id() {
        let one_bit_too_many = "AAAAAAAAAAAAAAAAAAAAAB";
        let texts = ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAA", one_bit_too_many];
        for text in texts {
            assert_eq!(text.parse::<SessionId>(), Err(InvalidSessionId), "{text}");
        }
    }

    #[test]
    fn debug_output_of_an_id_is_short() {
        assert_eq!(format!("{:?}", SessionId::from_bytes([0; 16])), "SessionId(AAAAAA…)");
    }

    #[test]
    fn a_record_opens_for_its_own_session_only() {
        let ring = KeyRing::new(&["a secret of at least thirty-two bytes"]).unwrap();
        let tokens = TokenSet {
            access_token: Secret::new("access"),
            refresh_token: Some(Secret::new("refresh")),
            expires_at: Some(UnixMillis(1)),
            obtained_at: UnixMillis(0),
            scope: None,
        };
        let (mine, other) = (SessionId::from_bytes([1; 16]), SessionId::from_bytes([2; 16]));
        let text = seal_tokens(&ring, mine, &tokens, &[3; NONCE_LEN]).unwrap();
        assert_eq!(unseal_tokens(&ring, mine, &text), Ok(tokens));
        assert_eq!(unseal_tokens(&ring, other, &text), Err(UnsealError::Tampered));
    }
}
