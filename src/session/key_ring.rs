//! The secrets of an installation: the first seals, all unseal.

use core::fmt;

use tokenkeep_primitives::aead;

use crate::key_derivation::derive;
use crate::session::seal::Purpose;
use crate::text;

/// Shortest secret, in bytes: 32 characters, as 24 random bytes in base64 have.
pub const MIN_SECRET_LEN: usize = 32;

/// Names, within a ring, the key that sealed a text.
pub(crate) type KeyId = [u8; 4];

/// The keys that an installation seals and unseals with.
///
/// A secret is changed without signing anybody out in three deployments: the new one is appended
/// everywhere, then moved to the front, and after a session's longest life the old one is removed.
pub struct KeyRing {
    current: Key,
    previous: Vec<Key>,
}

/// What one secret gives: a key per purpose, so that no text of one purpose opens as another.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    cookie: aead::Key,
    record: aead::Key,
    sign_in: aead::Key,
}

/// Why a list of secrets makes no key ring. Positions count from zero; no secret is in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no secret.
    Empty,
    /// A secret is shorter than [`MIN_SECRET_LEN`].
    TooShort {
        /// Which secret.
        position: usize,
        /// How many bytes it has.
        length: usize,
    },
    /// The same secret is listed twice.
    Duplicate {
        /// Where it occurs first.
        first: usize,
        /// Where it occurs again.
        second: usize,
    },
}

impl KeyRing {
    /// Derives the keys. The first secret seals, every one of them unseals.
    ///
    /// # Errors
    /// [`KeyRingError`] if there is no secret, one is too short or one is listed twice.
    pub fn new(secrets: &[&str]) -> Result<Self, KeyRingError> {
        for (position, secret) in secrets.iter().enumerate() {
            if secret.len() < MIN_SECRET_LEN {
                return Err(KeyRingError::TooShort { position, length: secret.len() });
            }
            if let Some(first) = secrets.iter().take(position).position(|other| other == secret) {
                return Err(KeyRingError::Duplicate { first, second: position });
            }
        }
        let (current, previous) = secrets.split_first().ok_or(KeyRingError::Empty)?;
        Ok(Self {
            current: Key::new(current),
            previous: previous.iter().map(|secret| Key::new(secret)).collect(),
        })
    }

    pub(crate) const fn sealing_key(&self) -> &Key {
        &self.current
    }

    /// The keys with this id, each with whether it is a previous one. More than one only by accident.
    pub(crate) fn keys_with_id(&self, id: KeyId) -> impl Iterator<Item = (&Key, bool)> {
        core::iter::once((&self.current, false))
            .chain(self.previous.iter().map(|key| (key, true)))
            .filter(move |(key, _)| key.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.previous.len() + 1)
    }
}

impl Key {
    fn new(secret: &str) -> Self {
        let secret = secret.as_bytes();
        let cipher = |info: &[u8]| aead::Key::new(&derive(secret, &[info]));
        Self {
            id: *derive(secret, &[b"tokenkeep/key-id/v1"]),
            cookie: cipher(b"tokenkeep/cookie/v1"),
            record: cipher(b"tokenkeep/record/v1"),
            sign_in: cipher(b"tokenkeep/sign-in/v1"),
        }
    }

    pub(crate) const fn cipher(&self, purpose: Purpose) -> &aead::Key {
        match purpose {
            Purpose::Cookie => &self.cookie,
            Purpose::Record => &self.record,
            Purpose::SignIn => &self.sign_in,
        }
    }
}

impl KeyRingError {
    /// What is wrong, for people.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Empty => "expected at least one secret, found none".to_owned(),
            Self::TooShort { position, length } => [
                "expected secrets of at least ",
                &text::number(MIN_SECRET_LEN),
                " bytes, the one at position ",
                &text::number(*position),
                " has ",
                &text::number(*length),
            ]
            .concat(),
            Self::Duplicate { first, second } => [
                "expected different secrets, those at positions ",
                &text::number(*first),
                " and ",
                &text::number(*second),
                " are the same",
            ]
            .concat(),
        }
    }
}

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for KeyRingError {}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "an old secret of at least thirty-two bytes";
    const NEW: &str = "a new secret of at least thirty-two bytes!";

    #[test]
    fn a_ring_needs_a_secret() {
        assert_eq!(KeyRing::new(&[]).unwrap_err(), KeyRingError::Empty);
    }

    #[test]
    fn a_secret_has_at_least_thirty_two_bytes() {
        let short = "x".repeat(31);
        assert_eq!(
            KeyRing::new(&[NEW, &short]).unwrap_err(),
            KeyRingError::TooShort { position: 1, length: 31 }
        );
        assert!(KeyRing::new(&["x".repeat(32).as_str()]).is_ok());
    }

    #[test]
    fn a_secret_is_listed_once() {
        assert_eq!(
            KeyRing::new(&[NEW, OLD, NEW]).unwrap_err(),
            KeyRingError::Duplicate { first: 0, second: 2 }
        );
    }

    #[test]
    fn the_first_secret_seals_and_the_others_are_marked_as_previous() {
        let ring = KeyRing::new(&[NEW, OLD]).unwrap();
        let (new, old) = (Key::new(NEW).id, Key::new(OLD).id);
        assert_eq!(ring.sealing_key().id, new);
        let previous = |id| ring.keys_with_id(id).map(|(_, previous)| previous).collect::<Vec<_>>();
        assert_eq!(previous(new), [false]);
        assert_eq!(previous(old), [true]);
        assert!(previous([0; 4]).is_empty());
    }

    #[test]
    fn neither_debug_output_nor_errors_hold_a_secret() {
        assert_eq!(format!("{:?}", KeyRing::new(&[NEW, OLD]).unwrap()), "KeyRing(2 keys)");
        let error = KeyRing::new(&[NEW, NEW]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("new secret"));
    }
}
