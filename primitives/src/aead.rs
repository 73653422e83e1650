//! XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha]), by the RustCrypto project.
//!
//! [draft-irtf-cfrg-xchacha]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03

use chacha20poly1305::aead::AeadInOut as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};

/// Length of a nonce: long enough to be drawn at random for every message.
pub const NONCE_LEN: usize = 24;

/// Length of the tag that authenticates a message.
pub const TAG_LEN: usize = 16;

/// A key; overwritten when dropped.
pub struct Key(XChaCha20Poly1305);

impl Key {
    /// The key with these bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `message` in place and gives its tag. `nonce` must never be used twice. `None`: the
    /// message is longer than the cipher's 256 GiB.
    #[must_use]
    #[inline(never)]
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated_data: &[u8],
        message: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        let tag = self.0.encrypt_inout_detached(nonce.into(), associated_data, message.into());
        tag.ok().map(Into::into)
    }

    /// Decrypts `message` in place. `false`, and the message untouched, if it or anything else is not
    /// what was sealed.
    #[must_use]
    #[inline(never)]
    pub fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated_data: &[u8],
        message: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> bool {
        let message = message.into();
        self.0.decrypt_inout_detached(nonce.into(), associated_data, message, tag.into()).is_ok()
    }
}
