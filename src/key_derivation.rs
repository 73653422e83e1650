//! HKDF-SHA-256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869.html)): every key and every
//! random-looking byte of this crate comes from here.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Derives `N` bytes from `secret`. Different `info` (its parts are concatenated) gives independent bytes.
///
/// The salt is left out, as RFC 5869 §3.1 allows: `secret` is a key already, not a password.
#[expect(clippy::expect_used, reason = "the only error is a length that does not compile")]
pub(crate) fn derive<const N: usize>(secret: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32, "HKDF-SHA-256 gives at most 255 blocks") };
    let mut bytes = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(info, bytes.as_mut_slice())
        .expect("N is at most 255 blocks");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hkdf_of_rfc_5869_appendix_a_3() {
        let bytes = derive::<42>(&[0x0b; 22], &[]);
        assert_eq!(bytes[..8], [0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f]);
        assert_eq!(bytes[34..], [0x9d, 0x20, 0x13, 0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8][2..]);
    }
}
